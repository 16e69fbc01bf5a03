package hixie

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
)

// A Handler serves the connections of clients that speak hixie-75 or hixie-76, and leaves all other requests to another
// handler. Its fields are not changed once it is in use; its methods may be called from any goroutine. It is not
// copied.
//
// ServeHTTP returns to net/http after the first part of the handshake. The connection lives on with the values of the
// request's context, and without its cancellation.
type Handler struct {
	// Upgrader has the origin policy, the subprotocols and the settings: MaxMessage, MessageTimeout, WriteTimeout,
	// CloseTimeout, CloseGrace and Logger. Its Observer is told of the requests that are refused, and of no connection, since
	// these have no [upgrade.Conn]. Nil means [upgrade.Default].
	Upgrader *upgrade.Upgrader

	// Handler serves the connections. It is called once for each.
	Handler upgrade.Handler

	// HandlerFunc, if it is not nil, is called instead of Handler for a handler of each connection's own. A *[upgrade.Rejection]
	// that it returns refuses the request; any other error is logged and refuses with status 500.
	HandlerFunc func(r *http.Request) (upgrade.Handler, error)

	// Next gets the other requests, also those that are malformed. Nil means the Upgrader, serving with the same handler.
	Next http.Handler

	// BehindTLS says that a proxy in front of us ends TLS, so that what clients see are wss URLs: they compare them with
	// the one that the server's answer has to repeat. For requests that come over TLS it is known.
	BehindTLS bool

	// BodyTimeout is how long the eight bytes behind a request of hixie-76 may take. 0 means 10 s, a negative value no
	// limit.
	BodyTimeout time.Duration

	registry registry
}

// ServeHTTP serves a request of hixie-75 or hixie-76, and passes on every other.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ask := &protocol.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host, Header: protocol.Header(r.Header),
		HasBody: r.ContentLength != 0 || len(r.TransferEncoding) > 0,
	}
	if hixie.Detect(ask) == 0 {
		h.next().ServeHTTP(w, r)
		return
	}
	set := h.settings()
	if err := h.accept(w, r, ask, set); err != nil {
		if _, ok := errors.AsType[*upgrade.Rejection](err); !ok {
			set.log(r.Context(), "websocket handshake failed", "event", "handshake_failed", "remote", r.RemoteAddr, "path", r.URL.Path, "error", err)
		}
		h.upgrader().Refuse(w, r, err)
	}
}

func (h *Handler) upgrader() *upgrade.Upgrader {
	if h.Upgrader == nil {
		return upgrade.Default
	}
	return h.Upgrader
}

func (h *Handler) next() http.Handler {
	if h.Next != nil {
		return h.Next
	}
	return h.upgrader().HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) { return h.handler(q.Request) })
}

var errNilHandler = errors.New("hixie: nil Handler")

func (h *Handler) handler(r *http.Request) (flow upgrade.Handler, err error) {
	flow = h.Handler
	if h.HandlerFunc != nil {
		flow, err = h.HandlerFunc(r)
	}
	if err == nil && flow == nil {
		err = errNilHandler
	}
	return flow, err
}

// accept makes a connection of the request. If it cannot, the request is still to be answered.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request, ask *protocol.Request, set settings) error {
	if err := h.upgrader().CheckOrigin(r); err != nil {
		return err
	}
	offer, err := hixie.CheckRequest(ask, r.TLS != nil || h.BehindTLS)
	if err != nil {
		refused, ok := errors.AsType[*protocol.HandshakeError](err)
		if !ok {
			return err
		}
		return &upgrade.Rejection{Status: refused.Status, Header: http.Header(refused.Header), Reason: refused.Reason}
	}
	handler, err := h.handler(r)
	if err != nil {
		return err
	}
	cfg := hixie.Config{MaxMessage: set.MaxMessage}
	if slices.Contains(h.upgrader().Subprotocols, offer.Subprotocol) {
		cfg.Subprotocol = offer.Subprotocol
	}
	conn, err := hixie.NewServer(offer, cfg)
	if err != nil {
		return err
	}
	if h.registry.closing() {
		return &upgrade.Rejection{
			Status: http.StatusServiceUnavailable, Reason: "server shuts down", Header: http.Header{"Retry-After": {"1"}},
		}
	}
	nc, glued, err := hijack(w)
	if err != nil {
		return err
	}
	s := newSession(context.WithoutCancel(r.Context()), nc, conn, set)
	if !h.registry.add(s) { // Shutdown came meanwhile
		s.cancel(upgrade.ErrShutdown)
		_ = nc.Close()
		return nil
	}
	go func() {
		defer h.registry.remove(s)
		s.serve(handler, glued)
	}()
	return nil
}

// hijack takes the connection from net/http, with the bytes that came right behind the request: in hixie-76 its body, which no
// header announces.
func hijack(w http.ResponseWriter) (net.Conn, []byte, error) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("hixie: %T cannot be taken over: %w", w, err)
	}
	_ = nc.SetDeadline(time.Time{}) // those of http.Server were for the request
	glued := make([]byte, rw.Reader.Buffered())
	_, _ = rw.Reader.Read(glued) // from its buffer, which has so many
	return nc, glued, nil
}
