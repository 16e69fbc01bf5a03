package upgrade

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// A Frame is a whole frame, with its payload unmasked.
type Frame = protocol.Frame

// A FrameFunc takes a frame, and passes it on or does not. The payload is the callee's during the call: it may change it, and
// copies what it keeps.
type FrameFunc func(Frame) error

// A FrameStage stands between the wire and the messages of a connection, and sees, changes, drops or adds frames in both
// directions. It is called once for each connection, when the opening handshake is through, and returns two functions:
//
//	            in →  up →
//	wire  ←→  stage  ←→  stage  ←→  messages, or raw frames
//	            ← down  ← out
//
// in gets each frame that arrives, and passes it on with up, towards the messages, or answers with down. out gets each frame that the
// connection sends, pings, pongs and the close frame among them, and passes it on with down, towards the wire. nil passes
// everything on. up is called from within in alone; down from any goroutine and at any time, also later, such as by a timer, and
// fails once the connection is over. Neither in nor out is called by two goroutines at a time, but in may be while out is.
// They do not wait: the connection does meanwhile.
//
// What arrives has been judged before: a peer that breaks RFC 6455 or exceeds a limit is closed, and no stage sees it. What
// stages pass up is judged again, as if it had come from the peer. What they pass down keeps the RFC, or the connection
// fails with 1011: a control frame may go between the fragments of a message, another message may not. The mask of an
// inbound frame is the one that it had; outbound ones are masked below the stages. After our close frame, what is passed
// down is dropped. With extensions, payloads are as on the wire: RSV1 says which message is compressed. The stages of one
// call hold what they add in memory.
//
// An error of a stage ends the connection, whoever is told of it (see also [Conn.Fail]): a *[CloseError] with its code and
// reason, any other one, or a panic, with 1011, and it is logged and observed as [Failed]. No stage is called after that,
// and only the close frame is sent.
type FrameStage func(c *Conn, up, down FrameFunc) (in, out FrameFunc)

// staged is the socket of a connection with frame stages, as the engine sees it: whole frames go through the stages
// between it and the socket below.
type staged struct {
	net.Conn // the socket
	c        *Conn
	in       FrameFunc                  // of the stages
	out      FrameFunc                  // of the stages
	failure  atomic.Pointer[CloseError] // what a stage has failed with
	built    chan struct{}              // closed when the stages are made

	stagedIn
	stagedOut
}

func newStaged(c *Conn, nc net.Conn, glued []byte) *staged {
	s := &staged{Conn: nc, c: c, built: make(chan struct{})}
	s.in, s.out = s.toEngine, s.entry(s.toWire, nil) // for a stage that leaves its goroutine as it is made
	s.rd.Init(protocol.ReaderConfig{Role: c.role, MaxMessage: c.set.MaxMessage, RSV: c.agreed.rsv})
	s.raw, s.w = glued, len(glued)
	s.short = len(glued) == 0
	s.bytesIn.Store(uint64(len(glued)))
	s.wr.Init(c.role, nil)
	return s
}

// build makes the stages, from the wire up: each may pass frames down at once.
func (s *staged) build(stages []FrameStage) {
	defer close(s.built)
	ins := make([]FrameFunc, len(stages)+1)
	ins[len(stages)] = s.toEngine
	down := s.entry(s.toWire, nil)
	for i, stage := range stages {
		up := func(f Frame) error { return s.call(ins[i+1], f) }
		below := down
		var in, out FrameFunc
		err := s.guard(func() error {
			in, out = stage(s.c, up, below)
			return nil
		})
		if err != nil {
			s.fail(err)
		}
		if ins[i] = in; in == nil {
			ins[i] = up
		}
		if out != nil {
			down = s.entry(out, make(chan struct{}, 1))
		}
	}
	s.in, s.out = ins[0], down
}

// entry returns the way into the out of a stage, from above it. Each has a lock of its own, held while frames go down from
// there: locks are taken towards the wire alone. They are channels, since what is below may wait for the network.
func (s *staged) entry(out FrameFunc, turn chan struct{}) FrameFunc {
	return func(f Frame) error {
		s.passing.Add(1)
		if turn != nil {
			turn <- struct{}{}
		}
		defer func() {
			if turn != nil {
				<-turn
			}
			if s.passing.Add(-1) == 0 {
				s.flushLater()
			}
		}()
		if s.failure.Load() != nil { // the close frame alone still goes out
			return s.toWire(f)
		}
		return s.call(out, f)
	}
}

// call calls a function of a stage. Its error is known to the connection, whatever the caller makes of it.
func (s *staged) call(f FrameFunc, frame Frame) error {
	if failure := s.failure.Load(); failure != nil {
		return failure
	}
	err := s.guard(func() error { return f(frame) })
	if _, network := errors.AsType[*wireError](err); err != nil && !network {
		s.fail(err)
	}
	return err
}

// guard calls a function of the user's. Its panic is an error.
func (s *staged) guard(f func() error) (err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		v := recover()
		panicked, ok := v.(*flow.PanicError)
		if !ok {
			panicked = &flow.PanicError{Value: v, Stack: debug.Stack()}
		}
		if err = panicked; v == nil { // runtime.Goexit: nobody comes back
			s.fail(err)
		}
	}()
	err = f()
	returned = true
	return err
}

// errStage is behind the close code of a stage's own.
var errStage = errors.New("upgrade: a frame stage closed the connection")

// fail ends the connection because a stage failed. It may be called amid a write, which the close frame comes after.
func (s *staged) fail(err error) {
	c := s.c
	closed, ok := errors.AsType[*CloseError](err)
	if ok = ok && closed.Code.IsSendable(); ok {
		closed = &CloseError{Code: closed.Code, Reason: strings.ToValidUTF8(closed.Reason, "\uFFFD"), Err: behind(closed, err)}
	} else {
		closed = &CloseError{Code: protocol.CloseInternalError, Err: err}
	}
	if closed.Err == nil {
		closed.Err = errStage
	}
	if !s.failure.CompareAndSwap(nil, closed) {
		return
	}
	c.because(closed)
	if !ok {
		c.tellFailed(context.Background(), "websocket frame stage failed", "stage_failed", err)
	}
	go func() {
		<-s.built // the close frame goes through them
		_ = c.violated(closed)
		c.kick() // whoever reads is to know
	}()
}

// Fail ends the connection as an error of a frame stage does. It is for what stages do outside of their functions, such as in a
// timer. Without stages it does nothing.
func (c *Conn) Fail(err error) {
	if c.staged != nil && err != nil {
		c.staged.fail(err)
	}
}

// readFailed returns what reading ends with when the socket failed, or a stage, or the peer broke a rule below the stages.
func (c *Conn) readFailed(err error) error {
	if closed, ok := errors.AsType[*CloseError](err); ok && c.staged != nil {
		return c.violated(closed)
	}
	return c.lost(err)
}

// CloseWrite ends our half of the connection below.
func (s *staged) CloseWrite() error {
	half, ok := s.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// SetWriteDeadline does nothing: what is written to the socket, and when, is decided below the stages.
func (s *staged) SetWriteDeadline(time.Time) error { return nil }

// stagedOut is the outbound half of staged.
type stagedOut struct {
	cut     []byte       // a frame of the engine's that is not yet whole; the engine writes on one goroutine at a time
	passing atomic.Int32 // calls that are under way, of which the last one flushes

	mu       sync.Mutex
	wr       protocol.Writer
	buf      []byte // frames to be written
	spare    []byte // memory for buf
	appended uint64 // bytes ever
	flushed  uint64 // bytes ever given to the network
	busy     bool   // somebody is writing
	changed  chan struct{}
	werr     error
	deadline time.Time // that is set on the socket
}
