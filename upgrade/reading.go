package upgrade

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

const (
	smallBuffer = 4 << 10  // what a connection reads with
	directRead  = 16 << 10 // a frame with more than this to come is read into the message's own memory
	strictFrame = 64 << 10 // with Streaming, a single frame up to this size is strict
)

var (
	// errStopped is what reading ends with when its owner was told to stop, and knows why.
	errStopped   = errors.New("upgrade: reading stopped")
	aLongTimeAgo = time.Unix(1, 0)
)

// reading is the inbound half of a connection. All of it but what is named below belongs to the owner of the
// reader, see standin.go.
type reading struct {
	rd      protocol.Reader
	buf     []byte // what was read and not yet consumed is buf[r:w]
	r, w    int
	raw     *rawReader // of a plain socket, or nil
	shared  *buffer    // whose memory buf is, or nil
	small   []byte     // for what is not a plain socket
	slab    *slab
	stopped func() bool   // the owner's: whether a kick means that it is to stop
	due     time.Time     // when the open message has to go on, or zero
	started atomic.Bool   // the source was run; any goroutine
	turn    chan struct{} // held by the reader, also while user code runs
	unkick  func() bool
	waits   atomic.Uint64 // twice for each read of the socket: odd while one is under way; any goroutine
	over    atomic.Bool   // the source has ended: what still arrives is for nobody; any goroutine

	wake struct {
		sync.Mutex
		kicked   bool
		deadline time.Time // that is set on the connection
	}
}

func (d *reading) init(c *Conn, glued []byte) {
	d.rd.Init(protocol.ReaderConfig{Role: c.role, MaxMessage: c.set.MaxMessage, RSV: c.agreed.rsv})
	d.turn = make(chan struct{}, 1)
	d.raw = newRawReader(c.nc)
	d.buf = glued
	d.w = len(glued)
}

// startReading is the StartFunc of the connection as a source.
func (c *Conn) startReading(ctx context.Context, emit func(message.Message) error, end func(error)) {
	if claimed, err := c.claimTurn(ctx); !claimed {
		end(err)
		return
	}
	c.readLater(ctx, emit, end)
}

// claimTurn makes the run of the source that is being started the reader. Only the first one can be, and only
// while the connection is not being closed; the error is what another one ends with.
func (c *Conn) claimTurn(ctx context.Context) (bool, error) {
	if c.started.Swap(true) {
		return false, flow.ErrConsumed
	}
	select {
	case c.turn <- struct{}{}:
		return true, nil
	default:
		return false, c.inputEnd(ctx, c.Closed())
	}
}

// readLater registers the loop that hands the messages to emit.
func (c *Conn) readLater(ctx context.Context, emit func(message.Message) error, end func(error)) {
	flow.Go(ctx, func() {
		defer context.AfterFunc(ctx, c.kick)()
		flow.Guard(func(err error) {
			c.over.Store(true)
			c.reclaim(func() bool { return true })
			_ = c.flush()
			c.publish()
			c.release()
			<-c.turn
			end(err)
		}, func() error { return c.deliver(ctx, emit) })
	})
}

// deliver reads message after message and hands each to emit, until there are no more.
func (c *Conn) deliver(ctx context.Context, emit func(message.Message) error) error {
	stopped := func() bool { return ctx.Err() != nil || c.closing.draining.Load() }
	for {
		c.reclaim(stopped)
		if stopped() {
			return c.inputEnd(ctx, errStopped)
		}
		m, in, err := c.readMessage()
		if err != nil {
			return c.inputEnd(ctx, err)
		}
		c.decoding.keepRest()
		c.beginBatch()
		c.release()
		if err := in.during(func() error { return emit(m) }); err != nil {
			return err
		}
		if in != nil {
			if err := in.finish(ctx, stopped); err != nil {
				return c.inputEnd(ctx, err)
			}
		}
	}
}

// inputEnd returns what the source ends with when reading stopped with err.
func (c *Conn) inputEnd(ctx context.Context, err error) error {
	if err == errStopped { // never wrapped
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil // the server shuts down
	}
	if c.closedCleanly(err) {
		return nil
	}
	return err
}

// readMessage reads until there is a message: a strict one whole, of a streamed one the beginning.
func (c *Conn) readMessage() (message.Message, *inbound, error) {
	ev, err := c.nextData()
	if err != nil {
		return message.Message{}, nil, err
	}
	if ev.RSV != 0 {
		return c.readEncoded(ev)
	}
	if ev.End {
		m := newStrict(ev.Opcode, c.keep(ev.Payload))
		return m, nil, nil
	}
	if c.set.Streaming && (!ev.Single || ev.Length > strictFrame) {
		in := newInbound(c, ev.Opcode, c.keep(ev.Payload))
		return in.message(), in, nil
	}
	body, err := c.collect(ev)
	if err != nil {
		return message.Message{}, nil, err
	}
	return newStrict(ev.Opcode, body), nil, nil
}

// collect reads the rest of a message into memory of its own, which grows with what arrives
// and not with what the peer says will come.
func (c *Conn) collect(ev protocol.Event) ([]byte, error) {
	body := make([]byte, 0, max(len(ev.Payload), int(min(ev.Length, strictFrame))))
	body = append(body, ev.Payload...)
	for !ev.End {
		var err error
		if c.rd.Remaining() < directRead || c.r < c.w {
			if ev, err = c.nextData(); err != nil {
				return nil, err
			}
			body = append(body, ev.Payload...)
			continue
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		space := body[len(body):cap(body)]
		space = space[:min(int64(len(space)), c.rd.Remaining())]
		n, err := c.readSocket(space)
		if err != nil {
			return nil, err
		}
		if ev, _, err = c.rd.Next(space[:n]); err != nil {
			return nil, c.violated(err)
		}
		if ev.End {
			c.in.messages++
		}
		body = body[:len(body)+n]
		if c.set.Streaming {
			c.due = time.Time{}
		}
	}
	return body, nil
}

// newStrict makes a message of a checked payload, which it takes over.
func newStrict(op protocol.Opcode, payload []byte) message.Message {
	if op == protocol.OpText {
		return message.ValidText(unsafe.String(unsafe.SliceData(payload), len(payload)))
	}
	return message.Binary(payload)
}

// nextData returns the next piece of a message and answers the control frames before it. The payload
// is valid until the next read.
func (c *Conn) nextData() (protocol.Event, error) {
	for {
		ev, n, err := c.rd.Next(c.buf[c.r:c.w])
		c.r += n
		switch {
		case err == nil && ev.Type == protocol.EventData:
			if c.rates != nil && ev.Start {
				if err := c.judge(ev); err != nil {
					return protocol.Event{}, err
				}
			}
			if ev.End {
				c.in.messages++
			}
			if ev.End || c.set.Streaming { // a streamed message is judged by its pauses
				c.due = time.Time{}
			}
			return ev, nil
		case err == nil:
			err = c.control(ev)
		case errors.Is(err, protocol.ErrShort):
			err = c.fill()
		default:
			err = c.violated(err)
		}
		if err != nil {
			return protocol.Event{}, err
		}
	}
}

// control answers a control frame. A close frame is returned as the error it is for the input.
func (c *Conn) control(ev protocol.Event) error {
	c.in.control++
	if err := c.judge(ev); err != nil {
		return err
	}
	switch ev.Type {
	case protocol.EventPing:
		return c.writePong(ev.Payload)
	case protocol.EventPong:
		c.keepAlive.pong(ev.Payload)
	case protocol.EventClose:
		return c.peerClosed(ev)
	}
	return nil
}
