package routing

import (
	"context"
	"net/http"

	"github.com/wsflow/wsflow/upgrade"
)

type upgraderKey struct{}

// With makes the routes below use an Upgrader: its settings, its origins, its shutdown. Without
// it they use [upgrade.Default].
func With(u *upgrade.Upgrader, route Route) Route {
	if u == nil {
		panic("routing: With a nil Upgrader")
	}
	with := func(r *http.Request) *http.Request {
		return r.WithContext(context.WithValue(r.Context(), upgraderKey{}, u))
	}
	return func(r *http.Request) (http.Handler, error) {
		h, err := route(with(r))
		if err != nil {
			return nil, inCharge(u, r, err)
		}
		// The handler may be a router with routes inside.
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, with(r)) }), nil
	}
}

func upgraderOf(r *http.Request) *upgrade.Upgrader {
	if u, ok := r.Context().Value(upgraderKey{}).(*upgrade.Upgrader); ok {
		return u
	}
	return upgrade.Default
}

// HandleWebSocketMessages serves WebSocket connections with h. Of the subprotocols that the client offers, the
// Upgrader chooses one if it has any. What is no correct handshake is rejected with a *[upgrade.Rejection].
func HandleWebSocketMessages(h upgrade.Handler) Route {
	mustHandle(h)
	return ExtractUpgrade(func(*upgrade.Request) (upgrade.Handler, error) { return h, nil })
}

// HandleWebSocketMessagesForProtocol serves WebSocket connections with h if the client offers the subprotocol,
// which is then agreed on, and rejects others with a *[SubprotocolRejection]. Names are compared exactly (RFC
// 6455, 4.2.2). Concat makes one of several; the order of the routes, not of the offer, decides.
func HandleWebSocketMessagesForProtocol(h upgrade.Handler, subprotocol string) Route {
	mustHandle(h)
	if subprotocol == "" {
		panic("routing: subprotocol without a name")
	}
	return ExtractUpgrade(func(q *upgrade.Request) (upgrade.Handler, error) {
		if q.Choose(subprotocol) == "" {
			return nil, &SubprotocolRejection{Supported: []string{subprotocol}}
		}
		return h, nil
	})
}

// HandleWebSocketMessagesForOptionalProtocol is [HandleWebSocketMessagesForProtocol], or
// [HandleWebSocketMessages] if there is no subprotocol (""): for routes that are made from a table.
func HandleWebSocketMessagesForOptionalProtocol(h upgrade.Handler, subprotocol string) Route {
	if subprotocol == "" {
		return HandleWebSocketMessages(h)
	}
	return HandleWebSocketMessagesForProtocol(h, subprotocol)
}

// ExtractUpgrade serves each WebSocket connection with a handler of its own: f looks at the request, may choose a
// subprotocol and set headers of the response, and returns the handler or rejects. What is no correct handshake is
// rejected before with a *[upgrade.Rejection]. It is the route that [upgrade.Upgrader.HandlerFunc] is a handler of.
//
// f runs while routes are being tried: what it reserves for a connection, the handler gives back when it is run.
func ExtractUpgrade(f func(q *upgrade.Request) (upgrade.Handler, error)) Route {
	return func(r *http.Request) (http.Handler, error) {
		u := upgraderOf(r)
		q, err := u.Check(r)
		if err != nil {
			return nil, own(u, err)
		}
		h, err := f(q)
		if err != nil {
			return nil, own(u, err)
		}
		mustHandle(h)
		return &connection{u: u, q: q, h: h}, nil
	}
}

// ExtractOfferedProtocols makes the route of the subprotocols that the client offers, in its order of
// preference. What is no correct handshake is rejected as in [ExtractUpgrade].
func ExtractOfferedProtocols(f func(offered []string) Route) Route {
	return func(r *http.Request) (http.Handler, error) {
		u := upgraderOf(r)
		q, err := u.Check(r)
		if err != nil {
			return nil, own(u, err)
		}
		return f(q.Subprotocols())(r)
	}
}

// A connection is a handshake that was passed, as a response. Like the handlers of [upgrade.Upgrader] it returns
// to net/http after the handshake.
type connection struct {
	u *upgrade.Upgrader
	q *upgrade.Request
	h upgrade.Handler
}

func (c *connection) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.q.Request = r // what middleware between the routes has made of it
	c.u.ServeLater(w, c.q, c.h)
}

func mustHandle(h upgrade.Handler) {
	if h == nil {
		panic("routing: nil upgrade.Handler")
	}
}
