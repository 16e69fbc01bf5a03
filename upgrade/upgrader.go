package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// An Upgrader makes WebSocket connections of HTTP requests. The zero value is ready and safe: it accepts pages
// of the same origin only, and the default limits and deadlines hold. Its fields are not changed once it is in
// use; its methods may be called from any goroutine. An Upgrader is not copied.
type Upgrader struct {
	Settings

	// Subprotocols are those that the server speaks. The first one of the client's offer that is among them is agreed
	// on; a client that offers none of them gets a connection without.
	Subprotocols []string

	// Origins are the origins, such as "https://example.com", whose pages may connect besides
	// those of the request's own host.
	Origins []string

	// ShutdownCode is what [Upgrader.Shutdown] closes connections with: 1001 (going away), which is the
	// default, or 1012 (service restart), after which clients are expected to come back.
	ShutdownCode CloseCode

	// ShutdownSpread is the time within which [Upgrader.Shutdown] tells the connections that the server goes down: one after the
	// other, evenly and in random order, so that clients do not all come back at the same moment. It is shortened
	// so that the last ones have CloseGrace and a second before the context of Shutdown ends. 0 means at once.
	ShutdownSpread time.Duration

	// ShutdownRetryAfter is the Retry-After, in whole seconds, of the 503 that handshakes get once the server shuts down. Default
	// 1 s, since others may be there to serve; a negative value means none.
	ShutdownRetryAfter time.Duration

	// InsecureAnyOrigin lets the pages of every site connect, with the user's cookies. It is for services that
	// do not tell users apart, or that do so by other means than cookies.
	InsecureAnyOrigin bool

	// Drafts accepts versions 7 and 8 of WebSocket, too, of the drafts before RFC 6455 (version 13): they differ
	// in the opening handshake alone, and are what Firefox 6 to 10 and Chrome 14 and 15 speak. The origin policy is the same.
	Drafts bool

	// MaxConnections and MaxConnectionsPerKey are how many connections there may be at a time, in all and with the same Key. A request
	// beyond them is refused with Retry-After, and 503 or 429; a *[LimitError] is behind the *[Rejection]. 0, the default, or less
	// means no limit.
	//
	// A connection counts from its handshake until it is over and its handler has ended, since one that ignores its context
	// still holds what it holds.
	MaxConnections, MaxConnectionsPerKey int

	// HandshakeRate and HandshakeRatePerKey are how many connections may come to be in what time, in all and with the same Key. Requests
	// beyond them are refused in the same way. One that is refused, for whatever reason, does not count.
	HandshakeRate, HandshakeRatePerKey Rate

	// Key says who a request comes from, such as a user or an address, for the limits by key; they do not hold for requests of
	// which it returns "". It may be called several times for a request, and from many goroutines. Default [AddressKey]: behind a
	// proxy, from which all requests come, it has to be set.
	Key func(*http.Request) string

	once       sync.Once
	resolved   Settings
	extensions []protocol.Negotiator
	invalid    error // what is wrong with the settings
	registry   registry
	admission  *admission // nil without limits on connections
}

// Default is an Upgrader with the default settings, which package routing uses where it is given none.
var Default = &Upgrader{}

func (u *Upgrader) settings() *Settings {
	u.once.Do(func() {
		u.resolved = u.Settings.withDefaults()
		u.registry.code = u.ShutdownCode
		u.extensions, u.invalid = u.resolved.negotiators()
		if u.ShutdownCode != 0 && !u.ShutdownCode.IsSendable() {
			u.invalid = errors.Join(u.invalid, fmt.Errorf("upgrade: ShutdownCode %d may not be sent", u.ShutdownCode))
		}
		if u.invalid == nil {
			u.invalid = u.resolved.checkRates()
		}
		if u.invalid == nil {
			u.admission, u.invalid = u.newAdmission()
		}
		if u.invalid != nil {
			u.resolved.Logger.Error("websocket settings are invalid", "event", "settings_invalid", "error", u.invalid)
		}
	})
	return &u.resolved
}

// Check decides whether the request may become a WebSocket connection, and writes nothing. The error is a
// *[Rejection].
func (u *Upgrader) Check(r *http.Request) (*Request, error) {
	check, checkOrigin := protocol.CheckRequest, u.CheckOrigin
	if u.Drafts {
		check = protocol.CheckDraftRequest
	}
	offer, err := check(&protocol.Request{
		Method: r.Method, Target: r.RequestURI, Proto: r.Proto, Host: r.Host,
		Header:  protocol.Header(r.Header),
		HasBody: r.ContentLength != 0 || len(r.TransferEncoding) > 0,
	})
	if err != nil {
		refused, ok := errors.AsType[*protocol.HandshakeError](err)
		if !ok {
			refused = &protocol.HandshakeError{Status: http.StatusBadRequest, Reason: err.Error()}
		}
		return nil, rejectionOf(refused)
	}
	if offer.Version < 13 {
		checkOrigin = u.checkDraftOrigin
	}
	if err := checkOrigin(r); err != nil {
		return nil, err
	}
	if u.registry.closing() {
		return nil, u.shutsDown()
	}
	q := &Request{Request: r, offer: offer}
	if err := u.hasRoom(q); err != nil {
		return nil, err
	}
	q.Choose(u.Subprotocols...)
	return q, nil
}

// Upgrade makes a connection of the request. If it cannot, it answers the request and returns the *[Rejection]. The
// connection is the caller's to run or to close; until then it is not read.
func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	q, err := u.Check(r)
	if err != nil {
		return nil, u.refuse(w, r, err)
	}
	return u.Accept(w, q)
}

// Accept makes a connection of a request that [Upgrader.Check] has passed. If it cannot, it answers the
// request and returns why.
func (u *Upgrader) Accept(w http.ResponseWriter, q *Request) (*Conn, error) {
	header := w.Header().Clone() // what middleware has set, such as a session's cookie
	for name, values := range q.response {
		header[name] = slices.Clone(values)
	}
	for _, name := range []string{"Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade"} {
		header.Del(name)
	}
	set := u.settings()
	if u.invalid != nil {
		return nil, u.refuse(w, q.Request, &Rejection{Status: http.StatusInternalServerError, cause: u.invalid})
	}
	a := agreed{subprotocol: q.subprotocol, request: q.Request}
	a.extensions, a.codecs = protocol.AcceptExtensions(u.extensions, q.offer.Extensions)
	a.rsv = protocol.CodecRSV(a.codecs)
	response, err := protocol.AppendResponse(nil, q.offer.Key, a.subprotocol, a.extensions, protocol.Header(header))
	if err != nil {
		return nil, u.refuse(w, q.Request, &Rejection{Status: http.StatusInternalServerError, cause: err})
	}
	if !u.registry.join() { // Shutdown came meanwhile
		return nil, u.refuse(w, q.Request, u.shutsDown())
	}
	defer u.registry.joined()
	room, err := u.admit(q)
	if err != nil {
		return nil, u.refuse(w, q.Request, err)
	}
	made := false
	defer func() {
		if !made {
			room.release()
		}
	}()
	nc, glued, err := hijack(w)
	if err != nil {
		return nil, u.refuse(w, q.Request, &Rejection{Status: http.StatusNotImplemented, Reason: "connection cannot be upgraded", cause: err})
	}
	if err := writeHandshake(nc, set, response); err != nil {
		_ = nc.Close()
		return nil, err
	}
	c := newConn(nc, protocol.Server, set, a, glued)
	c.place, c.registry, made = room, &u.registry, true // which gives it back
	c.begin(c.request)
	if !u.registry.add(c) { // Shutdown came meanwhile
		gone := c.because(c.goingAway())
		_ = c.finish(context.Background(), nil)
		return nil, gone
	}
	c.keepAlive.start(c)
	return c, nil
}

// Refuse answers a request that does not become a connection with the *[Rejection] in err, and tells the Observer. An error
// without one is the server's own: the status is 500, and the client is not told its text. The methods of an Upgrader that
// answer requests do it themselves; Refuse is for those who have called [Upgrader.Check] only, such as routes.
func (u *Upgrader) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	rejection, ok := errors.AsType[*Rejection](err)
	if !ok {
		rejection = &Rejection{Status: http.StatusInternalServerError, cause: err}
	}
	if set := u.settings(); set.Observer != nil {
		set.observe(Refused{Request: r, Rejection: rejection, Status: rejection.written()})
	}
	rejection.ServeHTTP(w, r)
}

// refuse answers the request with err, and returns it.
func (u *Upgrader) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	u.Refuse(w, r, err)
	return err
}

// Serve makes a connection of the request, serves it with h, and returns when it has ended, with what
// [Conn.Run] returns, or with a *[Rejection] if it did not come to be. The connection lives no longer than the
// request's context.
func (u *Upgrader) Serve(w http.ResponseWriter, r *http.Request, h Handler) error {
	c, err := u.Upgrade(w, r)
	if err != nil {
		return err
	}
	return c.Run(r.Context(), h)
}

// Handler serves connections with h. It returns to net/http after the handshake; the connection lives on with
// the values of the request's context, and without its cancellation. Values that a router takes back when its
// handler has returned, as chi does with its parameters, are not there any more: read them in
// [Upgrader.HandlerFunc], use [http.Request.PathValue], or [Upgrader.Serve].
//
// h is called once for each connection: its local variables are the connection's own.
func (u *Upgrader) Handler(h Handler) http.Handler {
	if h == nil {
		panic("upgrade: nil Handler")
	}
	return u.HandlerFunc(func(*Request) (Handler, error) { return h, nil })
}

// HandlerFunc serves each connection with a handler of its own: f looks at the request, may choose a subprotocol
// and set headers, and returns the handler, or a *[Rejection] to refuse. Any other error is logged
// and refuses with status 500. A panic of f is one of any [http.Handler]: the server logs it and ends the
// connection, and the client gets no answer.
func (u *Upgrader) HandlerFunc(f func(q *Request) (Handler, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := u.Check(r)
		if err != nil {
			_ = u.refuse(w, r, err)
			return
		}
		h, err := f(q)
		if err != nil {
			if _, ok := errors.AsType[*Rejection](err); !ok {
				u.settings().Logger.ErrorContext(r.Context(), "websocket handler refused", append(aboutRequest("handler_refused", r), "error", err)...)
			}
			_ = u.refuse(w, r, err)
			return
		}
		u.ServeLater(w, q, h)
	})
}

// ServeLater makes a connection of a request that [Upgrader.Check] has passed, and returns after the handshake;
// h serves the connection on a goroutine of its own. Why there is no connection is answered and, unless it is a limit, logged. It is
// what [Upgrader.Handler] and routes are made of.
func (u *Upgrader) ServeLater(w http.ResponseWriter, q *Request, h Handler) {
	if h == nil {
		u.logHandshake(q, u.refuse(w, q.Request, errNilHandler))
		return
	}
	u.later(w, q, func(ctx context.Context, c *Conn) { _ = c.Run(ctx, h) })
}

// later makes a connection of a request, for run to serve on a goroutine of its own.
func (u *Upgrader) later(w http.ResponseWriter, q *Request, run func(context.Context, *Conn)) {
	c, err := u.Accept(w, q)
	if err != nil {
		u.logHandshake(q, err)
		return
	}
	go run(context.WithoutCancel(q.Context()), c)
}

// logHandshake logs why there is no connection, unless that is nothing to be looked into.
func (u *Upgrader) logHandshake(q *Request, err error) {
	if _, over := errors.AsType[*LimitError](err); over || errors.Is(err, ErrShutdown) {
		return
	}
	u.settings().Logger.ErrorContext(q.Context(), "websocket handshake failed", append(aboutRequest("handshake_failed", q.Request), "error", err)...)
}

var errNilHandler = errors.New("upgrade: nil Handler")
