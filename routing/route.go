package routing

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/wsflow/wsflow/upgrade"
)

// A Route decides about a request: it returns the handler that serves it, or rejects it with an error. It
// writes nothing, and may be called from any goroutine. Whoever calls a Route serves the request, or one
// derived from it, with the handler, at most once.
type Route func(r *http.Request) (http.Handler, error)

// ServeHTTP serves the request. If the route rejects it, the response is that of the [MostTelling]
// rejection; a failure of the server is also logged, with [slog.Default]. If that rejection is of a WebSocket route, or the request asks
// for a WebSocket connection, the [upgrade.Observer] of the Upgrader in charge is told, once.
func (route Route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, err := route(r)
	if err == nil {
		h.ServeHTTP(w, r)
		return
	}
	if isFailure(err) {
		slog.ErrorContext(r.Context(), "route failed", "event", "route_failed", "remote", r.RemoteAddr, "path", r.URL.Path, "error", err)
	}
	refuse(w, r, err)
}

// Handler is the route that serves every request with h.
func Handler(h http.Handler) Route {
	if h == nil {
		panic("routing: Handler of nil")
	}
	return func(*http.Request) (http.Handler, error) { return h, nil }
}

// Concat is the first of the routes that does not reject. When all do, it rejects with what they
// have rejected with; with no routes it is [ErrNotFound].
func Concat(routes ...Route) Route {
	return func(r *http.Request) (http.Handler, error) {
		var all rejections
		for _, route := range routes {
			h, err := route(r)
			if err == nil {
				return h, nil
			}
			all = append(all, listed(err)...)
		}
		return nil, all.asError()
	}
}

// Require asks guard first: the error that it returns rejects the request. It may be a
// *[upgrade.Rejection], such as upgrade.Reject(http.StatusForbidden, "members only"); an error without one is a failure of the server.
//
// A guard that finds out something that the handler needs, such as the user, fits better into [ExtractUpgrade].
func Require(guard func(r *http.Request) error, route Route) Route {
	return func(r *http.Request) (http.Handler, error) {
		if err := guard(r); err != nil {
			return nil, err
		}
		return route(r)
	}
}

// isFailure reports whether there is an error that no response tells of.
func isFailure(err error) bool {
	return slices.ContainsFunc(Rejections(err), func(e error) bool {
		_, told := errors.AsType[*upgrade.Rejection](e)
		return classOf(e) == classFailure && !told
	})
}
