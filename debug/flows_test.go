package debug_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func ExampleFlows() {
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}}
	mux := http.NewServeMux()
	mux.Handle("GET /debug/flows", debug.Flows(ws)) // for those alone who may see it

	list := httptest.NewRecorder()
	mux.ServeHTTP(list, httptest.NewRequest(http.MethodGet, "/debug/flows?format=json", nil))
	fmt.Println(list.Body)
	// Output: {"total":0,"before":0,"connections":[]}
}

type source = flow.Source[message.Message]

// slow is a handler that takes a second for each message.
func slow(in source) source {
	return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) {
		time.Sleep(time.Second)
		return m, nil
	})
}

// with returns an upgrader with statistics, and without pings.
func with(change ...func(*upgrade.Upgrader)) *upgrade.Upgrader {
	u := &upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true, PingInterval: -1}}
	for _, f := range change {
		f(u)
	}
	return u
}

func get(t *testing.T, h http.Handler, query string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/flows"+query, nil))
	return w
}

func getJSON[T any](t *testing.T, h http.Handler, query string) (v T) {
	t.Helper()
	w := get(t, h, query)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

// firstOf returns the id of the first connection of a page.
func firstOf(t *testing.T, page http.Handler) string {
	t.Helper()
	list := getJSON[debug.List](t, page, "?format=json")
	require.NotEmpty(t, list.Connections)
	return list.Connections[0].ID
}

func TestConnectionIsShownWithItsStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := with(func(u *upgrade.Upgrader) { u.Subprotocols = []string{"chat"} })
		page := debug.Flows(u)
		server := wstest.NewServer(t, u.Handler(slow))
		dialer := server.Dialer()
		dialer.Subprotocols = []string{"chat"}
		c, _, err := dialer.Dial(t.Context(), server.URL("/room?token=secret"))
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, c.Send(t.Context(), message.Text("hello")))
		}
		time.Sleep(1500 * time.Millisecond)

		list := getJSON[debug.List](t, page, "?format=json")
		require.Equal(t, 1, list.Total)
		got := list.Connections[0]
		require.Equal(t, "1-"+strconv.FormatUint(got.Conn, 10), got.ID)
		require.Equal(t, c.LocalAddr().String(), got.Remote)
		require.Equal(t, "/room", got.Path)
		require.Equal(t, "chat", got.Subprotocol)
		require.Equal(t, 1.5, got.Age)
		require.Equal(t, uint64(2), got.MessagesIn)
		require.Equal(t, uint64(1), got.MessagesOut)
		require.Equal(t, int64(2*(2+4+5)), got.BytesIn)
		require.Equal(t, &debug.Holder{Stage: "TryMap", For: 0.5}, got.WaitsFor)
		require.Empty(t, got.Stages)

		one := getJSON[debug.Connection](t, page, "?format=json&connection="+got.ID)
		require.Equal(t, []debug.Stage{
			{Name: "Conn", Inputs: []int{1}, Started: 1, Running: 1, Values: 1, Lived: 1.5},
			{Name: "TryMap", Inputs: []int{2}, Started: 1, Running: 1, Values: 1, Own: 1.5, Lived: 1.5},
			{Name: "Conn", Started: 1, Running: 1, Values: 2, InEmit: 1.5, Lived: 1.5, Blocked: 0.5},
		}, one.Stages)

		svg := get(t, page, "?format=svg&connection="+got.ID)
		require.Equal(t, "image/svg+xml; charset=utf-8", svg.Header().Get("Content-Type"))
		require.Contains(t, svg.Body.String(), `<title>blocked for 500ms</title>`)
		require.Contains(t, svg.Body.String(), ">1 · 100 %</text>")
		require.NotContains(t, get(t, page, "?format=json").Body.String(), "secret")

		time.Sleep(time.Second)
		require.Nil(t, getJSON[debug.Connection](t, page, "?format=json&connection="+got.ID).WaitsFor)
		go func() {
			_ = c.Source().Run(context.Background(), func(message.Message) error { return nil })
		}()
		require.NoError(t, c.Close(1000, ""))
		synctest.Wait()
		require.Equal(t, http.StatusNotFound, get(t, page, "?format=json&connection="+got.ID).Code)
		require.Zero(t, getJSON[debug.List](t, page, "?format=json").Total)
	})
}

func TestPeerThatDoesNotReadIsShownAtTheSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := with()
		page := debug.Flows(u)
		server := wstest.NewServer(t, u.Handler(func(in source) source {
			return flow.Map(in, func(message.Message) message.Message { return message.Text(strings.Repeat("x", 100_000)) })
		}), wstest.Wire{Buffer: 1 << 10})
		p := server.Peer("/")
		p.WriteText("more")
		time.Sleep(4 * time.Second)
		one := getJSON[debug.Connection](t, page, "?format=json&connection="+firstOf(t, page))
		require.Equal(t, &debug.Holder{Stage: "Conn", Socket: true, For: 4}, one.WaitsFor)
		require.Equal(t, 4.0, one.Writing)
		require.Equal(t, 4.0, one.Blocked)
		require.Equal(t, 4.0, one.Stages[0].Own)
		require.Zero(t, one.Stages[1].Own)
		p.Cut()
	})
}

func TestManyConnectionsComeInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := with(), with(func(u *upgrade.Upgrader) { u.Statistics = false })
		page := debug.Flows(first, second)
		for _, u := range []*upgrade.Upgrader{first, second} {
			server := wstest.NewServer(t, u.Handler(slow))
			for range 150 {
				server.Peer("/")
			}
		}
		synctest.Wait()
		list := getJSON[debug.List](t, page, "?format=json")
		require.Equal(t, []int{300, 0, 50}, []int{list.Total, list.Before, len(list.Connections)})
		list = getJSON[debug.List](t, page, "?format=json&after="+list.Connections[49].ID+"&limit=1000")
		require.Equal(t, []int{300, 50, 200}, []int{list.Total, list.Before, len(list.Connections)})
		require.Regexp(t, "^1-", list.Connections[0].ID)
		require.Regexp(t, "^2-", list.Connections[199].ID)
		last := getJSON[debug.List](t, page, "?format=json&after="+list.Connections[199].ID).Connections
		require.Len(t, last, 50)
		list = getJSON[debug.List](t, page, "?format=json&after="+last[47].ID)
		require.Equal(t, []int{300, 298, 2}, []int{list.Total, list.Before, len(list.Connections)})
		require.Nil(t, list.Connections[1].Figures, "without statistics")
		require.Equal(t, http.StatusNotFound, get(t, page, "?format=svg&connection="+last[49].ID).Code)
	})
}

func TestPageIsForPeopleAndJSONForPrograms(t *testing.T) {
	page := debug.Flows(with())
	for query, kind := range map[string]string{"": "text/html", "?format=css": "text/css", "?format=js": "text/javascript", "?format=json": "application/json"} {
		w := get(t, page, query)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, kind+"; charset=utf-8", w.Header().Get("Content-Type"))
		require.NotEmpty(t, w.Body.String())
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
		require.NotContains(t, w.Header().Get("Content-Security-Policy"), "unsafe")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	}
	for accept, kind := range map[string]string{
		"application/json": "application/json", "text/html,application/json;q=0.9": "text/html", "*/*": "text/html",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/debug/flows", nil)
		r.Header.Set("Accept", accept)
		page.ServeHTTP(w, r)
		require.Equal(t, kind+"; charset=utf-8", w.Header().Get("Content-Type"), accept)
	}
}

func TestWhatCannotBeAnsweredIsRefused(t *testing.T) {
	page := debug.Flows(with())
	for query, status := range map[string]int{
		"?format=xml": 400, "?format=json&limit=0": 400, "?format=json&limit=x": 400, "?format=json&after=x": 400, "?format=json&after=1": 400,
		"?format=svg": 404, "?format=svg&connection=1-1": 404, "?format=json&connection=<script>": 404,
	} {
		w := get(t, page, query)
		require.Equal(t, status, w.Code, query)
		require.NotContains(t, w.Body.String(), "<")
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/debug/flows", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

// dialed is a list of connections of one's own.
type dialed []*upgrade.Conn

func (d dialed) Connections() iter.Seq2[uint64, *upgrade.Conn] {
	return func(yield func(uint64, *upgrade.Conn) bool) {
		for i, c := range d {
			if !yield(uint64(i), c) {
				return
			}
		}
	}
}

func TestTrafficIsShownAlsoWithoutStatistics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := with(func(u *upgrade.Upgrader) { u.Statistics = false })
		c := wstest.NewServer(t, u.Handler(slow)).Dial("/")
		require.NoError(t, c.Send(t.Context(), message.Text("abc")))
		time.Sleep(2 * time.Second)
		got := getJSON[debug.List](t, debug.Flows(u), "?format=json").Connections[0]
		require.Nil(t, got.Figures)
		require.Equal(t, debug.Traffic{MessagesIn: 1, MessagesOut: 1, BytesIn: 9, BytesOut: 5}, got.Traffic)
		go func() { _ = c.Close(1000, "") }()
		synctest.Wait()
	})
}

func TestClientsConnectionsAreShownToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := with()
		c := wstest.NewServer(t, u.Handler(slow)).Dial("/")
		list := getJSON[debug.List](t, debug.Flows(dialed{c}), "?format=json")
		require.Equal(t, []debug.Connection{{ID: "1-0", Conn: c.ID(), Remote: c.RemoteAddr().String()}}, list.Connections)
		go func() { _ = c.Close(1000, "") }()
		synctest.Wait()
	})
}

func TestNamesAreEscaped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := with()
		page := debug.Flows(u)
		server := wstest.NewServer(t, u.Handler(func(in source) source {
			return in.Named("<script>alert(1)</script>", nil, flow.Describe(in)) // and what feeds it is partly nothing
		}))
		server.Peer("/<b>")
		synctest.Wait()
		require.NotContains(t, get(t, page, "?format=svg&connection="+firstOf(t, page)).Body.String(), "<script")
		require.NotContains(t, get(t, page, "?format=json&connection="+firstOf(t, page)).Body.String(), "<")
	})
}
