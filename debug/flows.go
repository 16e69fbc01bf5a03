package debug

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/wsflow/wsflow/flow/picture"
	"github.com/wsflow/wsflow/upgrade"
)

// Connections are those that a page shows, each with a number of its own, in rising order. An *[upgrade.Upgrader] has some;
// whoever dials keeps a list.
type Connections interface {
	Connections() iter.Seq2[uint64, *upgrade.Conn]
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

var (
	//go:embed page.html
	page []byte
	//go:embed page.css
	style []byte
	//go:embed page.js
	script []byte
)

// Flows serves the live connections of upgraders: a page for people, which updates itself each second, and the same as JSON
// and as pictures. Connections whose settings have no Statistics are shown without figures, but for what went over them. The query says
// what is wanted:
//
//	?format=json                    the first 50 connections, a [List]
//	?format=json&limit=200          more of them; 200 is the most
//	?format=json&after=1-50         those that come after one
//	?format=json&connection=1-7     one, a [Connection] with its stages
//	?format=svg&connection=1-7      its graph
//
// Without a format it is the page, or JSON for who accepts application/json and not text/html. Everything comes from this
// one route; what is done for a request is bounded by the limit, but for a walk over the list of connections.
func Flows(of ...Connections) http.Handler {
	return &flows{of}
}

type flows struct{ of []Connections }

// policy lets the page have nothing of elsewhere, and no script or style but its own.
var policy = func() string {
	sum := sha256.Sum256([]byte(picture.Style))
	return "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

func (f *flows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	switch format := cmp.Or(q.Get("format"), preferred(r)); format {
	case "html":
		write(w, "text/html", page)
	case "css":
		write(w, "text/css", style)
	case "js":
		write(w, "text/javascript", script)
	case "json", "svg":
		if id := q.Get("connection"); id != "" || format == "svg" {
			f.serveOne(w, format, id)
			return
		}
		f.serveList(w, q.Get("after"), q.Get("limit"))
	default:
		http.Error(w, "unknown format", http.StatusBadRequest)
	}
}

func preferred(r *http.Request) string {
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html") {
		return "json"
	}
	return "html"
}

func write(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write(body)
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the figures cannot be written", http.StatusInternalServerError)
		return
	}
	write(w, "application/json", body)
}

func (f *flows) serveList(w http.ResponseWriter, after, limit string) {
	n := defaultLimit
	if limit != "" {
		var err error
		if n, err = strconv.Atoi(limit); err != nil || n < 1 {
			http.Error(w, "limit is not a number of connections", http.StatusBadRequest)
			return
		}
	}
	var from id
	if after != "" {
		var err error
		if from, err = parseID(after); err != nil {
			http.Error(w, "after is not the id of a connection", http.StatusBadRequest)
			return
		}
	}
	writeJSON(w, f.list(from, min(n, maxLimit)))
}

func (f *flows) list(after id, limit int) List {
	l := List{Connections: []Connection{}}
	for at, c := range f.all() {
		l.Total++
		switch {
		case !after.before(at):
			l.Before++
		case len(l.Connections) < limit:
			l.Connections = append(l.Connections, describe(at, c, false))
		}
	}
	return l
}

// all are the connections with their ids.
func (f *flows) all() iter.Seq2[id, *upgrade.Conn] {
	return func(yield func(id, *upgrade.Conn) bool) {
		for i, of := range f.of {
			for number, c := range of.Connections() {
				if !yield(id{uint64(i + 1), number}, c) {
					return
				}
			}
		}
	}
}

func (f *flows) serveOne(w http.ResponseWriter, format, wanted string) {
	for at, c := range f.all() {
		if at.String() != wanted {
			continue
		}
		if format == "json" {
			writeJSON(w, describe(at, c, true))
			return
		}
		graph := c.Graph()
		if graph == nil {
			break
		}
		figures, _ := c.Statistics()
		write(w, "image/svg+xml", []byte(picture.SVG(graph, picture.Options{Title: "Connection " + wanted, Figures: figures.Stages})))
		return
	}
	http.Error(w, "no such connection, or it has no graph", http.StatusNotFound)
}

// An id is what a connection is called: which of the Connections it is of, counted from 1, and its number there.
type id struct{ of, number uint64 }

func (i id) String() string { return fmt.Sprintf("%d-%d", i.of, i.number) }

func (i id) before(j id) bool { return i.of < j.of || i.of == j.of && i.number < j.number }

func parseID(s string) (i id, err error) {
	of, number, _ := strings.Cut(s, "-")
	if i.of, err = strconv.ParseUint(of, 10, 64); err == nil {
		i.number, err = strconv.ParseUint(number, 10, 64)
	}
	return i, err
}
