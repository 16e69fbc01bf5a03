package upgrade

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// A FrameHandler serves one connection frame by frame.
//
// It gets every frame that arrives: messages in the fragments that they came in, each fragment whole, pings that have been
// answered already, pongs, and the close frame, the last one. What breaks RFC 6455 or exceeds a limit closes the connection
// and does not come. A payload is the handler's.
//
// What it emits is sent as it is, but for the mask, which our role decides. A ping is timed, like those of the keep-alive:
// see [Conn.RoundTripTime]. A close frame begins the closing handshake with its code and reason, or is our answer in one;
// the handler goes on, to see the peer's, and nothing else that it emits is sent. A frame that may not stand where it does
// fails the handler with an error of package protocol, such as [protocol.ErrMessageOpen], and so does a text that is not
// UTF-8, and an end inside a message: 1011. Payloads are not changed after they were emitted. With extensions, payloads are
// as on the wire, and a frame says with its RSV bits what it is.
//
// Whatever else is said of a [Handler] holds for it.
type FrameHandler = flow.Flow[Frame, Frame]

// RunFrames serves the connection as [Conn.Run] does, with a handler of frames.
func (c *Conn) RunFrames(ctx context.Context, h FrameHandler) error {
	source := func() flow.Source[Frame] {
		c.framed.Store(true)
		return flow.NewSource("Conn frames", c.startFrames)
	}
	return serve(ctx, c, source, h, c.writeFrame)
}

// ServeFrames serves the request as [Upgrader.Serve] does, with a handler of frames.
func (u *Upgrader) ServeFrames(w http.ResponseWriter, r *http.Request, h FrameHandler) error {
	c, err := u.Upgrade(w, r)
	if err != nil {
		return err
	}
	return c.RunFrames(r.Context(), h)
}

// FrameHandler serves connections as [Upgrader.Handler] does, with a handler of frames.
func (u *Upgrader) FrameHandler(h FrameHandler) http.Handler {
	if h == nil {
		panic("upgrade: nil FrameHandler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := u.Check(r)
		if err != nil {
			_ = u.refuse(w, r, err)
			return
		}
		u.later(w, q, func(ctx context.Context, c *Conn) { _ = c.RunFrames(ctx, h) })
	})
}

// framing is what a connection with a [FrameHandler] knows besides.
type framing struct {
	framed atomic.Bool // any goroutine

	// What belongs to the owner of the reader.
	held []Frame // control frames that the stand-in has answered
	body []byte  // the payload so far of a data frame

	// What is guarded by the lock of the writer.
	sending bool // a message of the handler's is open
	isText  bool // and is checked as text
	text    protocol.UTF8
}

// maxHeld is how many control frames the stand-in may answer for a handler that is busy.
const maxHeld = 64

// startFrames is the StartFunc of the connection as a source of frames.
func (c *Conn) startFrames(ctx context.Context, emit func(Frame) error, end func(error)) {
	if claimed, err := c.claimTurn(ctx); !claimed {
		end(err)
		return
	}
	c.readLater(ctx, func() error { return c.deliverFrames(ctx, emit) }, end)
}

// deliverFrames reads frame after frame and hands each to emit, until there are no more.
func (c *Conn) deliverFrames(ctx context.Context, emit func(Frame) error) error {
	stopped := func() bool { return ctx.Err() != nil || c.closing.draining.Load() && !c.inMessage() }
	for {
		c.reclaim(stopped)
		if stopped() {
			return c.inputEnd(ctx, errStopped)
		}
		f, err := c.nextFrame()
		if err != nil && f.Opcode != protocol.OpClose {
			return c.inputEnd(ctx, err)
		}
		c.beginBatch()
		c.release()
		if err := emit(f); err != nil {
			return err
		}
		if err != nil {
			return c.inputEnd(ctx, err)
		}
	}
}

// nextFrame returns the next frame. A close frame comes with what the input ends with.
func (c *Conn) nextFrame() (Frame, error) {
	if len(c.held) > 0 {
		f := c.held[0]
		if c.held = c.held[1:]; len(c.held) == 0 {
			c.held = nil
		}
		return f, nil
	}
	for {
		ev, n, err := c.rd.Next(c.buf[c.r:c.w])
		c.r += n
		switch {
		case err == nil && ev.Type != protocol.EventData:
			f := frameOf(c.rd.Header(), c.keep(ev.Payload))
			return f, c.control(ev)
		case err == nil:
			if err = c.judge(ev); err != nil {
				break
			}
			if f, whole := c.gatherFrame(ev); whole {
				return f, nil
			}
		case errors.Is(err, protocol.ErrShort):
			err = c.fill()
		default:
			err = c.violated(err)
		}
		if err != nil {
			return Frame{}, err
		}
	}
}

// gatherFrame takes a piece of a data frame, and returns the frame if it is whole.
func (c *Conn) gatherFrame(ev protocol.Event) (Frame, bool) {
	c.in.pieces++
	if c.set.IdleTimeout > 0 {
		c.piecesIn.Store(c.in.pieces)
	}
	if ev.End {
		c.in.messages++
	}
	if ev.End || c.set.Streaming { // see nextData
		c.due = time.Time{}
	}
	whole := c.rd.Remaining() == 0
	if whole && len(c.body) == 0 {
		return frameOf(c.rd.Header(), c.keep(ev.Payload)), true
	}
	c.body = append(c.body, ev.Payload...)
	if !whole {
		return Frame{}, false
	}
	f := frameOf(c.rd.Header(), c.body)
	c.body = nil
	return f, true
}

// holdFrame keeps a control frame, which the stand-in has read, for the handler.
func (c *Conn) holdFrame(ev protocol.Event) {
	if c.framed.Load() && !c.over.Load() {
		c.held = append(c.held, frameOf(c.rd.Header(), bytes.Clone(ev.Payload)))
	}
}
