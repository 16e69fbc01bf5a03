package upgrade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// ErrShutdown is what lies behind the *[CloseError] of a connection that the server's shutdown ended ([errors.Is]
// finds it in [Conn.Closed]), and the cause in the context of a handler that did not end in time.
var ErrShutdown = errors.New("upgrade: server shuts down")

// closing is what a connection knows of its end. The first cause decides the code and the error; what
// fails later because of it changes neither.
type closing struct {
	draining atomic.Bool // goAway was called: no new messages are read

	mu       sync.Mutex
	cause    *CloseError      // the first, or nil
	received *CloseError      // the peer's close frame, or nil
	cut      bool             // the peer closed inside a message
	sent     bool             // our close frame
	violated bool             // the peer broke the protocol: it may not answer our close
	late     bool             // the handler has not ended within the grace of goAway
	panicked *flow.PanicError // the last one that was told
	heard    chan struct{}    // closed with received
	grace    *time.Timer
}

func (l *closing) init() { l.heard = make(chan struct{}) }

// isNormal reports whether a peer that closes with the code has nothing to complain about.
func isNormal(code CloseCode) bool {
	return code == protocol.CloseNormal || code == protocol.CloseGoingAway || code == protocol.CloseNoStatus
}

// isClean reports whether nobody complains: also about the 1012 of a shutdown, which is ours.
func isClean(e *CloseError) bool {
	return isNormal(e.Code) || !e.FromPeer && e.Code == protocol.CloseServiceRestart
}

// because records why the connection ends, unless it is known already, and returns the first cause.
func (c *Conn) because(e *CloseError) *CloseError {
	c.closing.mu.Lock()
	defer c.closing.mu.Unlock()
	return c.settle(e)
}

// settle records e as why the connection ends, unless that is known already, and returns why it does. Who ends it first is in the
// right, with one exception: a clean closing of ours is one only once the peer has answered it, so a complaint of the peer overrides
// it, and so does the end of the network before any answer. It is called with mu held.
func (l *closing) settle(e *CloseError) *CloseError {
	if l.cause == nil {
		l.cause = e
		return e
	}
	complaint := e.FromPeer && !isNormal(e.Code) && e.Code != l.cause.Code
	unanswered := e.Code == protocol.CloseAbnormal && l.received == nil
	if isClean(l.cause) && !l.cause.FromPeer && (complaint || unanswered) {
		e.Err = also(e.Err, l.cause.Err)
		l.cause = e
	}
	return l.cause
}

// also returns err with what was before it, such as ErrShutdown, still to be found.
func also(err, before error) error {
	switch {
	case err == nil:
		return before
	case before == nil, errors.Is(err, before):
		return err
	}
	return fmt.Errorf("%w (%w)", err, before)
}

// closedCleanly reports whether err is an ending after which the input counts as complete.
func (c *Conn) closedCleanly(err error) bool {
	closed, ok := errors.AsType[*CloseError](err)
	c.closing.mu.Lock()
	defer c.closing.mu.Unlock()
	return ok && isClean(closed) && !c.closing.cut
}

// peerClosed takes note of the peer's close frame and returns what the input ends with. A normal closing is
// answered when the handler has ended, or its grace; any other at once.
func (c *Conn) peerClosed(ev protocol.Event) error {
	e := &CloseError{Code: ev.Code, Reason: ev.Reason, FromPeer: true}
	c.closing.mu.Lock()
	c.received = e
	c.closing.cut = c.rd.InMessage() && c.cause == nil // one that answers our close need not finish its message
	answer := c.closing.cut || !isNormal(e.Code)
	cause := c.settle(e)
	if !answer {
		c.startGrace(true)
	}
	close(c.heard)
	late := c.late
	c.closing.mu.Unlock()
	switch {
	case late: // the closing handshake is through, and there is nobody left to reply to
		c.cancel(cause)
	case answer:
		c.sendClose(e.Code, e.Reason)
	}
	return cause
}

// startGrace bounds how long the handler may keep us from sending our close frame; with cancel
// it is also cancelled then. It is called with closing.mu held.
func (c *Conn) startGrace(cancel bool) {
	if c.set.CloseGrace == 0 || c.closing.sent || !cancel && c.received != nil {
		return
	}
	if c.grace != nil {
		c.grace.Stop()
	}
	cause := c.cause
	c.grace = time.AfterFunc(c.set.CloseGrace, func() {
		if !cancel {
			ctx, done := c.closeDeadline()
			c.awaitOpen(ctx) // what is being sent belongs before our close frame
			done()
		}
		c.sendClose(cause.Code, cause.Reason)
		if cancel || c.isLate() {
			c.cancel(cause)
		}
	})
}

// isLate notes that the handler is to be cancelled once the peer has answered our close frame, and reports whether it has.
func (c *Conn) isLate() bool {
	c.closing.mu.Lock()
	defer c.closing.mu.Unlock()
	c.late = true
	return c.received != nil
}

// violated fails the connection because of what the peer did, and returns the cause.
//
// RFC 6455, 7.1.7: "If _The WebSocket Connection is Established_ prior to the point where the
// endpoint is required to _Fail the WebSocket Connection_, the endpoint SHOULD send a Close
// frame with an appropriate status code before proceeding to _Close the WebSocket Connection_."
func (c *Conn) violated(err error) error {
	e, ok := errors.AsType[*CloseError](err)
	if !ok { // there is nothing to read after the peer's close frame
		return c.Closed()
	}
	switch {
	case e.Err != nil:
	case e.Code == protocol.CloseMessageTooBig:
		e.Err = &LimitError{Limit: LimitMessageSize, setting: "Settings.MaxMessage"} // the peer is told the size
	case e.Code == protocol.ClosePolicyViolation: // the only one of package protocol
		e.Err = &LimitError{Limit: LimitFragments}
	}
	cause := c.because(e)
	c.closing.mu.Lock()
	c.closing.violated = true
	c.closing.mu.Unlock()
	c.sendClose(e.Code, e.Reason)
	return cause
}

// lost ends the connection because the network did, and returns the cause.
func (c *Conn) lost(err error) error {
	reason := "connection lost"
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		reason = "connection ended without a close frame"
	case errors.Is(err, os.ErrDeadlineExceeded):
		reason = "peer took no bytes before the write deadline"
	}
	return c.drop(reason, err)
}

// drop cuts the connection: nothing more is sent, and whoever waits for it is woken.
func (c *Conn) drop(reason string, err error) error {
	e := &CloseError{Code: protocol.CloseAbnormal, Reason: reason, Err: err}
	c.closing.mu.Lock()
	cause := c.settle(e)
	c.closing.mu.Unlock()
	c.cancel(cause)
	_ = c.nc.Close()
	c.tellClosed()
	c.forget()
	return cause
}

// sendClose sends our close frame, once. A message of ours that is being streamed is not waited for.
func (c *Conn) sendClose(code CloseCode, reason string) {
	c.writing.mu.Lock()
	before := len(c.tail)
	tail, err := c.wr.AppendClose(c.tailWithRoom(protocol.MaxFrameHeader+125), code, reason)
	if err != nil { // it was sent, or is being written: what comes next may be the end of the socket
		_ = c.flushLocked(flushNow)
		return
	}
	c.tail = tail
	c.grew(len(tail) - before)
	c.closing.mu.Lock()
	c.closing.sent = true
	if c.grace != nil {
		c.grace.Stop()
	}
	if c.set.CloseTimeout > 0 && c.gone.Err() == nil {
		c.grace = time.AfterFunc(c.set.CloseTimeout, func() { _ = c.drop("peer did not answer the close frame", nil) })
	}
	c.closing.mu.Unlock()
	_ = c.flushLocked(flushNow)
}

// verdict turns how the handler ended into the first cause, unless there is one, and returns it. A panic is told in any
// case: it is nothing that the end of the connection brings with it.
func (c *Conn) verdict(ctx context.Context, err error) *CloseError {
	panicked, isPanic := errors.AsType[*flow.PanicError](err)
	if isPanic {
		c.tellFailed(ctx, "websocket handler panicked", "failed", panicked)
	}
	c.closing.mu.Lock()
	cause := c.cause
	c.closing.mu.Unlock()
	if cause != nil {
		return cause
	}
	closed, isClose := errors.AsType[*CloseError](err)
	switch {
	case err == nil:
		return c.because(&CloseError{Code: protocol.CloseNormal})
	case isPanic:
		err = panicked
	case isClose && closed.Code.IsSendable():
		return c.because(&CloseError{Code: closed.Code, Reason: strings.ToValidUTF8(closed.Reason, "\uFFFD"), Err: behind(closed, err)})
	case ctx.Err() != nil:
		return c.because(&CloseError{Code: protocol.CloseGoingAway, Err: context.Cause(ctx)})
	default:
		c.tellFailed(ctx, "websocket handler failed", "failed", err)
	}
	return c.because(&CloseError{Code: protocol.CloseInternalError, Err: err})
}

// tellFailed logs what failed in the user's code, and tells the observer: a panic once, also if it comes here by two ways, as that
// of a message's chunks does. As in net/http, a panic with [http.ErrAbortHandler] is not logged.
func (c *Conn) tellFailed(ctx context.Context, text, event string, err error) {
	p, isPanic := errors.AsType[*flow.PanicError](err)
	if isPanic {
		c.closing.mu.Lock()
		known := c.closing.panicked == p
		c.closing.panicked = p
		c.closing.mu.Unlock()
		if known {
			return
		}
	}
	switch {
	case !isPanic:
		c.log(ctx, text, "event", event, "error", err)
	case p.Value != any(http.ErrAbortHandler):
		c.log(ctx, text, "event", event, "panic", p.Value, "stack", string(p.Stack))
	}
	c.set.observe(Failed{Conn: c, Err: err})
}

// behind is what a handler's CloseError was made of: what it was wrapped in, or what it wraps.
func behind(closed *CloseError, err error) error {
	if err == error(closed) { // the very value
		return closed.Err
	}
	return err
}
