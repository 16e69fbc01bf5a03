package upgrade

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

const (
	flushAt      = 64 << 10 // bytes that may wait for the end of a batch
	largePayload = 16 << 10 // a server writes payloads from this size on from where they are
)

// ErrInvalidText is the error of sending a text that is not UTF-8.
var ErrInvalidText = errors.New("upgrade: text message is not valid UTF-8")

// When a write is flushed.
type flushing bool

const (
	flushLater flushing = false // with the batch that is being read, if there is one
	flushNow   flushing = true
)

// writing is the outbound half of a connection. Frames are appended under mu; the bytes are written by one
// goroutine at a time, for all that have appended meanwhile.
type writing struct {
	batching atomic.Bool // the reader is amid messages, and will flush before it waits

	mu       sync.Mutex
	wr       protocol.Writer
	enc      protocol.Encoder
	used     bool          // enc, lately
	tail     []byte        // frames to be written after bufs
	bufs     net.Buffers   // to be written first: ends with what tail was
	pending  int           // bytes in both
	appended int64         // bytes ever
	flushed  int64         // bytes ever given to the network
	out      *buffer       // whose memory tail is, or nil
	busy     bool          // somebody is writing
	left     bool          // and is to write what is pending then
	open     bool          // a streamed message is being sent
	changed  chan struct{} // closed when busy or open ends; nil if nobody waits
	deadline time.Time     // that is set on the connection
	werr     error         // that ended writing
}

func (w *writing) init(role protocol.Role, codecs []protocol.Codec) {
	w.wr.Init(role, nil)
	w.enc.Init(codecs)
}

// beginBatch lets replies wait until the reader is about to.
func (c *Conn) beginBatch() {
	if !c.batching.Load() {
		c.batching.Store(true)
	}
}

// endBatch lets nothing wait any more.
func (c *Conn) endBatch() { c.batching.Store(false) }

// write sends one message.
func (c *Conn) write(ctx context.Context, m message.Message, when flushing) error {
	if !m.IsStrict() {
		return c.writeStream(ctx, m, when)
	}
	op, payload := protocol.OpBinary, m.Bytes()
	if m.IsText() {
		op = protocol.OpText
		if !m.IsKnownValid() && !utf8.Valid(payload) {
			return ErrInvalidText
		}
	}
	c.writing.mu.Lock()
	if err := c.awaitGap(ctx); err != nil {
		c.writing.mu.Unlock()
		return err
	}
	encoded, err := c.beginMessage(op, len(payload), m)
	switch {
	case encoded && err == nil:
		err = c.appendEncoded(op, payload, true)
	case err == nil:
		err = c.appendFrame(op, payload, true)
	}
	if err != nil {
		c.writing.mu.Unlock()
		return c.writeError(err)
	}
	c.messagesOut++
	return c.flushLocked(when)
}

// awaitGap waits, with mu held, while another message is being streamed.
func (c *Conn) awaitGap(ctx context.Context) error {
	for c.open && c.werr == nil {
		if err := c.awaitChange(ctx); err != nil {
			return err
		}
	}
	return c.werr
}

// awaitChange lets go of mu until the state of the writer has changed.
func (c *Conn) awaitChange(ctx context.Context) error {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	changed := c.changed
	c.writing.mu.Unlock()
	defer c.writing.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notify wakes those in awaitChange. It is called with mu held.
func (w *writing) notify() {
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// appendFrame appends a frame, with mu held. A large payload of a server is kept as it is, which is
// safe because strict content is never changed.
func (c *Conn) appendFrame(op protocol.Opcode, payload []byte, fin bool) (err error) {
	if c.role == protocol.Server && len(payload) >= largePayload {
		before := len(c.tail)
		c.tail = c.tailWithRoom(protocol.MaxFrameHeader)
		if c.tail, _, err = c.wr.AppendHeader(c.tail, op, int64(len(payload)), fin); err != nil {
			return err
		}
		c.bufs = append(c.bufs, c.tail[:len(c.tail):len(c.tail)], payload)
		n := len(c.tail) - before + len(payload)
		c.tail = c.tail[len(c.tail):]
		c.pending += n
		c.appended += int64(n)
		return nil
	}
	return c.appendCopy(op, payload, fin)
}

// appendCopy appends a frame with a payload that is not the connection's, with mu held.
func (c *Conn) appendCopy(op protocol.Opcode, payload []byte, fin bool) (err error) {
	before := len(c.tail)
	c.tail = c.tailWithRoom(protocol.MaxFrameHeader + len(payload))
	if c.tail, err = c.wr.AppendFrame(c.tail, op, payload, fin); err != nil {
		return err
	}
	c.grew(len(c.tail) - before)
	return nil
}

func (w *writing) grew(n int) {
	w.pending += n
	w.appended += int64(n)
}

// flush sees to it that what is pending gets written. The reader calls it before it waits. When somebody else
// is writing it leaves a small rest to it: a reader that waited for other people's writes could wait for a
// peer who does the same.
func (c *Conn) flush() error {
	c.endBatch()
	c.writing.mu.Lock()
	if c.pending == 0 || c.busy && c.pending < flushAt {
		c.left = c.busy
		err := c.werr
		c.writing.mu.Unlock()
		return err
	}
	return c.flushLocked(flushNow)
}

// flushLocked writes what was appended up to now, or waits until somebody else has. It is called with mu held
// and lets go of it.
func (c *Conn) flushLocked(when flushing) error {
	defer c.writing.mu.Unlock()
	if when == flushLater && c.pending < flushAt && c.batching.Load() {
		return c.werr
	}
	for target := c.appended; c.flushed < target && c.werr == nil; {
		if c.busy {
			_ = c.awaitChange(context.Background()) // ends with the write, at its deadline at the latest
			continue
		}
		c.writeOut()
	}
	if c.left && !c.busy && c.pending > 0 {
		c.left = false
		go func() {
			c.writing.mu.Lock()
			_ = c.flushLocked(flushNow)
		}()
	}
	return c.werr
}

// writeOut writes all that is pending. It is called with mu held, and lets go of it meanwhile.
func (c *Conn) writeOut() {
	bufs, tail, out, n := c.bufs, c.tail, c.out, c.pending
	c.bufs, c.tail, c.out, c.pending = nil, nil, nil, 0
	c.busy = true
	c.stats.writeBegins()
	c.writing.mu.Unlock()

	var err error
	defer func() { // a frame stage may leave its goroutine
		c.writing.mu.Lock()
		c.busy = false
		c.stats.writeEnds()
		c.flushed += int64(n)
		if err != nil && c.werr == nil {
			c.werr = err
		}
		c.notify()
	}()
	err = c.writePieces(bufs, tail, n)
	if out != nil {
		buffers.Put(out)
	}
	if err != nil {
		err = c.lost(err)
	}
}

// pieceSize is how many bytes the peer has to take within one WriteTimeout.
const pieceSize = 256 << 10

// writePieces writes bufs and tail, of n bytes together: at once if they are few, else piece by piece, each
// with its own deadline.
func (c *Conn) writePieces(bufs net.Buffers, tail []byte, n int) error {
	if n <= pieceSize {
		if err := c.setWriteDeadline(); err != nil {
			return err
		}
		if len(bufs) == 0 {
			_, err := c.nc.Write(tail)
			return err
		}
		bufs = append(bufs, tail)
		_, err := bufs.WriteTo(c.nc)
		return err
	}
	for _, b := range append(bufs, tail) {
		for len(b) > 0 {
			if err := c.setWriteDeadline(); err != nil {
				return err
			}
			k := min(len(b), pieceSize)
			if _, err := c.nc.Write(b[:k]); err != nil {
				return err
			}
			b = b[k:]
		}
	}
	return nil
}

// setWriteDeadline moves the deadline only once a fifth of it has passed, so that most writes
// do not touch it. Only the one who writes calls it.
func (c *Conn) setWriteDeadline() error {
	timeout := c.set.WriteTimeout
	if timeout == 0 {
		return nil
	}
	now := time.Now()
	if c.deadline.Sub(now) >= timeout {
		return nil
	}
	c.deadline = now.Add(timeout + timeout/4)
	return c.nc.SetWriteDeadline(c.deadline)
}

// writePong answers a ping. It goes out when the reader is about to wait.
func (c *Conn) writePong(payload []byte) error {
	c.writing.mu.Lock()
	if c.wr.CloseSent() {
		c.writing.mu.Unlock()
		return nil // nothing goes out after our close frame
	}
	before := len(c.tail)
	tail, err := c.wr.AppendPong(c.tailWithRoom(protocol.MaxFrameHeader+len(payload)), payload)
	if err != nil {
		c.writing.mu.Unlock()
		return nil // our close frame is sent, and nothing goes out after it
	}
	c.tail = tail
	c.grew(len(tail) - before)
	if c.pending >= flushAt {
		return c.flushLocked(flushNow)
	}
	c.writing.mu.Unlock()
	return nil
}

// writeControl sends a ping or a pong.
func (c *Conn) writeControl(f Frame, when flushing) error {
	c.writing.mu.Lock()
	before := len(c.tail)
	tail, err := c.wr.Append(c.tailWithRoom(protocol.MaxFrameHeader+len(f.Payload)), f)
	if err != nil {
		c.writing.mu.Unlock()
		return c.writeError(err)
	}
	c.tail = tail
	c.grew(len(tail) - before)
	return c.flushLocked(when)
}

// tailWithRoom returns the tail with room for n more bytes.
func (w *writing) tailWithRoom(n int) []byte {
	switch {
	case cap(w.tail)-len(w.tail) >= n:
		return w.tail
	case len(w.tail) == 0 && n <= bufferSize && w.out == nil:
		w.out = buffers.Get().(*buffer)
		return w.out[:0]
	}
	w.out = nil // its bytes may be in bufs; it is left to the garbage collector
	return append(make([]byte, 0, max(2*len(w.tail), len(w.tail)+n)), w.tail...)
}

// writeError returns what a write fails with: one that came too late, with how the connection ended. The panic of a
// codec ends the connection.
func (c *Conn) writeError(err error) error {
	if _, ok := errors.AsType[*flow.PanicError](err); ok {
		_ = c.codecFailed(err)
	}
	if errors.Is(err, protocol.ErrCloseSent) {
		if closed := c.Closed(); closed != nil {
			return closed
		}
	}
	return err
}
