package upgrade

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// A Handler serves one connection: a flow from the messages that arrive to those that are sent.
// [flow.FromSinkAndSource] makes one of a sink and a source.
type Handler = flow.Flow[message.Message, message.Message]

// The words of package protocol that a user of connections needs.
type (
	// A CloseError tells how a connection ended: the code, the reason, and who said so.
	CloseError = protocol.CloseError
	// A CloseCode is the number of a closing, such as 1000.
	CloseCode = protocol.CloseCode
)

// A Conn is one end of a WebSocket connection: a source of the messages that arrive and a sink of
// those that are sent. Its methods may be called from any goroutine.
//
// A Conn reads only while its source is run (by [Conn.Run], or by whoever runs [Conn.Source]), or while it is
// being closed: pings are answered then, and closings seen.
type Conn struct {
	nc       net.Conn
	role     protocol.Role
	set      *Settings // with defaults
	agreed   agreed
	request  *http.Request // server side: the upgrade request
	registry *registry     // server side: what Shutdown goes through
	staged   *staged       // what nc is with frame stages, or nil
	served   atomic.Bool   // Run was called
	stats    *connStats    // or nil
	opened   time.Time
	telling  sync.Mutex
	told     uint8 // to the observer
	id       uint64

	gone   context.Context // done when the connection is over; the cause is a *CloseError
	cancel context.CancelCauseFunc

	reading
	decoding
	writing
	closing
	keepAlive
	standIn
	framing
	traffic
	rates *rates // the reader's own, or nil
	place *place // server side: among the limited connections, or nil
}

// newConn makes the connection; glued is what arrived together with the handshake. Once it is complete it begins, and then
// its keepAlive is started.
func newConn(nc net.Conn, role protocol.Role, set *Settings, a agreed, glued []byte) *Conn {
	c := &Conn{
		nc: nc, role: role, set: set, agreed: a, request: a.request, stats: newConnStats(set, glued),
		opened: time.Now(), id: lastID.Add(1),
	}
	c.gone, c.cancel = context.WithCancelCause(context.Background())
	arrived := len(glued)
	if len(set.FrameStages) > 0 {
		c.staged = newStaged(c, nc, glued)
		c.nc, role, glued = c.staged, protocol.Server, nil // frames are masked below the stages
	}
	c.reading.init(c, glued)
	c.in.bytes = uint64(len(glued))
	c.decoding.init(a.codecs, set.MaxMessage)
	c.writing.init(role, a.codecs)
	c.closing.init()
	c.standIn.init(c)
	c.rates = newRates(set, c.opened, arrived)
	return c
}

// begin tells the observer of the connection, and then makes its stages, which may fail at once.
func (c *Conn) begin(began *http.Request) {
	c.tellOpened(began)
	if c.staged != nil {
		c.staged.build(c.set.FrameStages)
	}
}

// lastID is that of the connection which was made last.
var lastID atomic.Uint64

// ID returns the number of the connection, which no other one of the program has: it is "conn" in logs.
func (c *Conn) ID() uint64 { return c.id }

// Subprotocol returns the subprotocol that was agreed on, or "".
func (c *Conn) Subprotocol() string { return c.agreed.subprotocol }

// Extensions returns the extensions that were agreed on, as the server has answered them. The
// slice is read-only.
func (c *Conn) Extensions() []protocol.Extension { return c.agreed.extensions }

// Request returns the request that the connection began as, or nil on the client's side. Of its context, see
// [Upgrader.Handler].
func (c *Conn) Request() *http.Request { return c.request }

// LocalAddr returns our end's network address.
func (c *Conn) LocalAddr() net.Addr { return c.nc.LocalAddr() }

// RemoteAddr returns the peer's network address; behind a proxy, that of the proxy.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// TLS returns the state of the TLS connection below, or nil.
func (c *Conn) TLS() *tls.ConnectionState {
	nc := c.nc
	if c.staged != nil {
		nc = c.staged.Conn
	}
	if t, ok := nc.(*tls.Conn); ok {
		state := t.ConnectionState()
		return &state
	}
	return nil
}

// Closed returns why the connection ends, or nil while nothing has ended it: the first cause, such as the
// peer's close code, our own, or 1006 if the connection was cut. It is known before the closing handshake is
// through.
func (c *Conn) Closed() *CloseError {
	c.closing.mu.Lock()
	defer c.closing.mu.Unlock()
	return c.cause
}

// Source returns the messages that arrive. It is one-shot: a second run fails with [flow.ErrConsumed]. It
// completes when the connection is closed with 1000, 1001 or no code, and fails with a *[CloseError] otherwise.
// Whoever runs it without [Conn.Run] must call [Conn.Close] in the end, also when the peer has
// begun to.
func (c *Conn) Source() flow.Source[message.Message] {
	return flow.NewSource("Conn", c.startReading)
}

// Sink returns a sink that sends the messages of a stream, then closes the connection: with 1000
// when the stream is complete, with the code of a *[CloseError] that it fails with, or else with 1011. Its run
// ends when the connection has.
func (c *Conn) Sink() flow.Sink[message.Message, struct{}] {
	return flow.NewSink("Conn", func(ctx context.Context, in flow.Source[message.Message]) (struct{}, error) {
		return struct{}{}, c.sendAll(ctx, in)
	})
}

// sendAll sends the messages of in and closes the connection. If in fails, its error is returned, and
// otherwise how the connection ended.
func (c *Conn) sendAll(ctx context.Context, in flow.Source[message.Message]) error {
	ctx, cancel := c.withGone(ctx)
	defer cancel()
	ended := make(chan error, 1)
	in.Start(ctx, func(m message.Message) error { return c.Send(ctx, m) }, func(err error) { ended <- err })
	failure := <-ended
	if errors.Is(failure, errReceived) {
		failure = nil
	}
	over := c.Closed() != nil
	if err := c.finish(ctx, failure); failure == nil || over {
		return err
	}
	return failure
}

// errReceived cancels what a connection as a flow sends, once nothing more comes out of it.
var errReceived = errors.New("upgrade: the peer has closed")

// Flow returns the connection as a flow: what goes in is sent to the peer, what comes out came from it. When
// its input completes, the connection is closed with 1000, and what the peer still sends until it has answered
// comes out. When the peer closes, the input is cancelled. Like Source it is one-shot.
func (c *Conn) Flow() Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.NewSource("Conn", func(ctx context.Context, emit func(message.Message) error, end func(error)) {
			if claimed, err := c.claimTurn(ctx); !claimed {
				end(err)
				return
			}
			sending, cancel := context.WithCancelCause(ctx)
			received := make(chan error, 1)
			c.readLater(ctx, func() error { return c.deliver(ctx, emit) }, func(err error) {
				received <- err
				cancel(errReceived)
			})
			flow.Go(ctx, func() {
				failure := c.sendAll(sending, in)
				err := <-received
				if _, closed := errors.AsType[*CloseError](failure); failure != nil && !closed {
					err = failure
				}
				cancel(nil)
				end(err)
			})
		})
	}
}

// Send sends a message, and returns when it has been handed to the network. A streamed message is sent as its
// chunks come; other messages wait until it has ended. ctx bounds the wait for one's turn and the running of
// the chunks; a write that has begun is bounded by WriteTimeout. A streamed message that has begun and then
// fails, also by a panic in its chunks, which Send returns as a *[flow.PanicError], takes the connection with
// it: code 1011, or that of a *[CloseError].
//
// On a nil Conn, which is what [FromContext] gives outside of a connection, Send returns an error.
func (c *Conn) Send(ctx context.Context, m message.Message) error {
	if c == nil {
		return errors.New("upgrade: no connection to send on")
	}
	return c.write(ctx, m, flushNow)
}

// Run serves the connection with a handler and returns when it has ended: nil after a closing handshake with
// 1000, 1001 or no code, whoever began it, and otherwise a *[CloseError]. [Conn.Closed] has the code in any case.
//
// A second call returns [flow.ErrConsumed]. When ctx is cancelled, the handler is, and the connection is closed
// with 1001. A panic of the handler is logged with its stack and closes the connection with 1011; the program
// goes on. As in net/http, a panic with [http.ErrAbortHandler] is not logged. A handler that leaves its goroutine
// ([runtime.Goexit]) counts as one that panics.
func (c *Conn) Run(ctx context.Context, h Handler) error {
	return serve(ctx, c, c.Source, h, func(ctx context.Context, m message.Message) error { return c.write(ctx, m, flushLater) })
}

// serve is Run, for messages and for frames.
func serve[T any](
	ctx context.Context, c *Conn, source func() flow.Source[T], h flow.Flow[T, T], send func(context.Context, T) error,
) (err error) {
	if c.served.Swap(true) {
		return flow.ErrConsumed
	}
	if c.registry != nil {
		defer c.registry.remove(c)
	}
	ctx, cancel := context.WithCancelCause(c.observedContext(context.WithValue(ctx, connKey{}, c)))
	defer cancel(context.Canceled)
	stop := context.AfterFunc(c.gone, func() { cancel(context.Cause(c.gone)) })
	defer stop()

	ended := make(chan error, 1)
	// Deferred, so that a handler that leaves its goroutine (runtime.Goexit) leaves no connection open.
	defer func() { err = c.finish(ctx, c.endFrames(<-ended)) }()
	in := source()
	c.lend() // a stand-in may read until the handler does
	var out flow.Source[T]
	flow.Guard(func(err error) {
		if err != nil {
			ended <- err
		}
	}, func() error {
		out = h(in)
		return nil
	})
	if len(ended) == 0 {
		out.Start(runs(ctx, c.stats, in, out),
			func(v T) error { return send(ctx, v) },
			func(err error) { ended <- err })
	}
	return nil
}

// lend lets a stand-in read until the handler does, unless somebody reads already.
func (c *Conn) lend() {
	select {
	case c.turn <- struct{}{}:
		c.release()
		<-c.turn
	default:
	}
}

// withGone returns ctx cancelled also when the connection is over.
func (c *Conn) withGone(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.gone, func() { cancel(context.Cause(c.gone)) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}
