package routing

import (
	"net/http"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// Path is the route for the requests that match a pattern of [http.ServeMux], such as "/greeter",
// "/chat/{room}", "GET /files/{path...}", "example.com/" or "/{$}". What the wildcards match is in
// [http.Request.PathValue], for guards and handlers alike. It panics where ServeMux.Handle does, on a pattern
// that is invalid.
//
// Another path is rejected with [ErrNotFound], another method with a *[MethodRejection]. Where ServeMux
// redirects, from "/tree" to "/tree/" and from "//a/../b" to "/b", that is a rejection too, so that another
// route can have the path.
//
// A Path may stand inside of another one, or of a ServeMux. Each pattern is matched against the whole path, and
// the values of all of them are there; of two with one name the inner one counts.
func Path(pattern string, route Route) Route {
	p := &path{pattern: pattern, names: wildcards(pattern), mux: http.NewServeMux()}
	p.mux.Handle(pattern, here{})
	return func(r *http.Request) (http.Handler, error) {
		inner, err := p.match(r)
		if err != nil {
			return nil, err
		}
		h, err := route(inner)
		if err != nil {
			return nil, err
		}
		return p.carry(inner, h), nil
	}
}

// Method is the route for requests with a method; as in patterns, GET is for HEAD too. Others are rejected with a
// *[MethodRejection]. It stands inside of a Path, for the methods of that path; a Path that has the method in its
// pattern needs none.
func Method(method string, route Route) Route {
	allowed := []string{method}
	if method == http.MethodGet {
		allowed = append(allowed, http.MethodHead)
	}
	return func(r *http.Request) (http.Handler, error) {
		for _, m := range allowed {
			if r.Method == m {
				return route(r)
			}
		}
		return nil, &MethodRejection{Allowed: allowed}
	}
}

// A path is one pattern.
type path struct {
	pattern string
	names   []string
	mux     *http.ServeMux
}

// here is what the pattern is registered with: a ServeMux that calls it has found a match.
type here struct{}

func (here) ServeHTTP(http.ResponseWriter, *http.Request) {}

// match returns a copy of the request with the values of the wildcards.
func (p *path) match(r *http.Request) (*http.Request, error) {
	if r.RequestURI == "*" {
		return nil, ErrNotFound // "OPTIONS *" asks about the server, not about a path
	}
	h, pattern := p.mux.Handler(r)
	if _, ok := h.(here); !ok {
		return nil, rejection(h, pattern, r)
	}
	scratch := *r
	p.mux.ServeHTTP(nil, &scratch)
	inner := new(http.Request)
	if r.Pattern == "" {
		*inner = *r
	} else {
		inner = r.Clone(r.Context()) // it has values of its own, which are for other routes too
	}
	inner.Pattern = p.pattern
	for _, name := range p.names {
		inner.SetPathValue(name, scratch.PathValue(name))
	}
	return inner, nil
}

// carry gives what was matched to the request that is served in the end, as ServeMux does.
func (p *path) carry(matched *http.Request, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = p.pattern
		for _, name := range p.names {
			r.SetPathValue(name, matched.PathValue(name))
		}
		h.ServeHTTP(w, r)
	})
}

// rejection turns the response that a ServeMux would give instead of a match into data.
func rejection(h http.Handler, pattern string, r *http.Request) error {
	a := answer{header: make(http.Header)}
	h.ServeHTTP(&a, r)
	location := a.header.Get("Location")
	switch {
	case a.status == http.StatusMethodNotAllowed:
		return &MethodRejection{Allowed: split(a.header.Values("Allow"))}
	case pattern != "" && location != "":
		return &upgrade.Rejection{
			Status: a.status, Header: http.Header{"Location": {location}}, Reason: "moved to " + location,
		}
	}
	return ErrNotFound
}

// An answer is the head of a response that is not sent.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(b []byte) (int, error) { return len(b), nil }

// wildcards returns the names in a pattern: "{room}" and "{path...}", but not "{$}".
func wildcards(pattern string) []string {
	var names []string
	for {
		_, after, ok := strings.Cut(pattern, "{")
		if !ok {
			return names
		}
		name, rest, _ := strings.Cut(after, "}")
		if name != "$" {
			names = append(names, strings.TrimSuffix(name, "..."))
		}
		pattern = rest
	}
}
