package upgrade

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// An Observer is told what happens to connections, for metrics, traces and logs. Package observe has some.
//
// Observe is called on the goroutine that something happened on, from many at once, and delays it: it does not
// wait, and calls no method of the connection that writes or waits. A panic of it is logged. Of one connection, [Opened] comes first
// and [Closed] last, each once; only a [Failed] may come behind it, of a handler that panics when its connection is over. To what
// types of events there are, others may be added.
type Observer interface {
	Observe(e Event)
}

// A ContextObserver is an [Observer] that also decides what context the handler of a connection runs in, so that what the handler
// does can be told apart as the connection's, such as a span that its own spans are children of.
type ContextObserver interface {
	Observer

	// ConnContext returns ctx with values of its own; nil is ctx as it is. It is called once, after [Opened] and before the handler runs.
	ConnContext(ctx context.Context, c *Conn) context.Context
}

// An Event is one of the types [Refused], [Opened], [RoundTrip], [Failed], [Closed], [DialFailed], [Draining] and [Drained].
type Event interface{ event() }

// Refused says that a request did not become a connection, and how it was answered.
type Refused struct {
	Request   *http.Request
	Rejection *Rejection // a *[LimitError] can be behind it
	Status    int        // that was answered, which a Rejection need not have
}

// Limit returns the limit that the request was beyond, or "".
func (r Refused) Limit() Limit {
	if r.Rejection == nil {
		return ""
	}
	return limitBehind(r.Rejection)
}

// Opened says that a connection's opening handshake is through.
type Opened struct {
	Conn *Conn

	// Request is what the connection began as: on the server's side that of [Conn.Request], on the client's the last one that
	// was sent, with its credentials and the context of Dial. It is read-only.
	Request *http.Request
}

// RoundTrip says that a ping was answered, the keep-alive's or the user's.
type RoundTrip struct {
	Conn *Conn
	Time time.Duration
}

// Failed says that a handler failed with an error that the peer is not told: it gets 1011. Err is a *[flow.PanicError], with the
// stack, if the handler panicked; of a panic it is also told where something else has ended the connection before.
type Failed struct {
	Conn *Conn
	Err  error
}

// Panic returns the panic that the handler failed with, or nil if it returned an error.
func (f Failed) Panic() *flow.PanicError {
	p, _ := errors.AsType[*flow.PanicError](f.Err)
	return p
}

// Closed says that a connection is over, though its handler may be still at work.
type Closed struct {
	Conn     *Conn
	Cause    *CloseError // the first; a *[LimitError] can be behind it
	Clean    bool        // a closing that nobody complained about: with 1000, 1001, 1012 of ours, or no code
	Duration time.Duration
	Traffic  Traffic
}

// Limit returns the limit that the connection was closed for, or "".
func (c Closed) Limit() Limit {
	if c.Cause == nil {
		return ""
	}
	return limitBehind(c.Cause)
}

// DialFailed says that a [Dialer] made no connection.
type DialFailed struct {
	Context context.Context
	URL     string // without credentials, query and fragment
	Err     error
}

// Draining says that [Upgrader.Shutdown] has begun, with so many connections.
type Draining struct{ Connections int }

// Drained says that [Upgrader.Shutdown] has ended.
type Drained struct {
	Duration time.Duration
	Err      error // what Shutdown returned
}

func (Refused) event()    {}
func (Opened) event()     {}
func (RoundTrip) event()  {}
func (Failed) event()     {}
func (Closed) event()     {}
func (DialFailed) event() {}
func (Draining) event()   {}
func (Drained) event()    {}

// A LimitError says which limit a peer went beyond. It is behind the *[Rejection] of a request that was refused for it, and behind the
// *[CloseError] of a connection that was closed for it ([errors.As] finds it).
type LimitError struct {
	Limit Limit

	setting string // where it is set, or ""
	err     error  // behind it, or nil
}

// Error tells the owner of the limit where it is set, or its name.
func (e *LimitError) Error() string {
	if e.setting != "" {
		return "upgrade: the limit is " + e.setting
	}
	return "upgrade: over the limit " + string(e.Limit)
}

func (e *LimitError) Unwrap() error { return e.err }

// limitBehind returns the limit that lies behind an error, or "".
func limitBehind(err error) Limit {
	if over, ok := errors.AsType[*LimitError](err); ok {
		return over.Limit
	}
	return ""
}

// A Limit is the name of a limit, fit for a metric's label.
type Limit string

// The limits.
const (
	LimitMessageRate         Limit = "message_rate"           // messages of a connection: 1008
	LimitControlRate         Limit = "control_rate"           // control frames of a connection: 1008
	LimitByteRate            Limit = "byte_rate"              // bytes of a connection: 1008
	LimitConnections         Limit = "connections"            // connections in all: 503
	LimitConnectionsPerKey   Limit = "connections_per_key"    // connections of one key: 429
	LimitHandshakeRate       Limit = "handshake_rate"         // handshakes in all: 503
	LimitHandshakeRatePerKey Limit = "handshake_rate_per_key" // handshakes of one key: 429
	LimitMessageSize         Limit = "message_size"           // 1009
	LimitFragments           Limit = "fragments"              // 1008
	LimitMessageTime         Limit = "message_time"           // 1008
	LimitIdle                Limit = "idle"                   // 1001; behind it is ErrIdle
)

// observe tells the observer, if there is one. Its panic harms nobody else.
func (s *Settings) observe(e Event) {
	if s.Observer == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.logPanic(v)
		}
	}()
	s.Observer.Observe(e)
}

// logPanic logs the panic of an observer.
func (s *Settings) logPanic(v any) {
	defer func() { _ = recover() }()
	logger := s.Logger
	if logger == nil { // settings without defaults
		logger = slog.Default()
	}
	logger.Error("websocket observer panicked", "event", "observer_panicked", "panic", v, "stack", string(debug.Stack()))
}

// observedContext returns the context that the handler of c runs in.
func (c *Conn) observedContext(ctx context.Context) (observed context.Context) {
	o, ok := c.set.Observer.(ContextObserver)
	if !ok {
		return ctx
	}
	defer func() {
		if v := recover(); v != nil {
			c.set.logPanic(v)
			observed = ctx
		}
	}()
	if observed = o.ConnContext(ctx, c); observed == nil {
		return ctx
	}
	return observed
}

// What the observer was told of a connection.
const (
	toldNothing uint8 = iota
	toldOpened
	toldClosed // or is not to be told that any more
)

// tellOpened tells the observer of a new connection.
func (c *Conn) tellOpened(began *http.Request) {
	if c.set.Observer == nil { // before an event is made, here as below
		return
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.set.observe(Opened{Conn: c, Request: began})
	if c.told == toldClosed { // it is over already
		c.observeClosed()
		return
	}
	c.told = toldOpened
}

// tellClosed tells the observer, once, that the connection is over, if it knows of it; without one, nothing was told. When it
// returns, the observer knows, whoever has told it: Shutdown does not return before.
func (c *Conn) tellClosed() {
	c.telling.Lock()
	defer c.telling.Unlock()
	told := c.told
	if c.told = toldClosed; told == toldOpened {
		c.observeClosed()
	}
}

func (c *Conn) observeClosed() {
	cause := c.Closed()
	c.set.observe(Closed{
		Conn: c, Cause: cause, Clean: c.closedCleanly(cause), Duration: time.Since(c.opened), Traffic: c.Traffic(),
	})
}
