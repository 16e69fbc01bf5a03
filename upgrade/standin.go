package upgrade

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// The reader of a connection has one owner at a time:
//
//	reading   somebody reads: the connection's loop, the chunks of a message, the closing handshake
//	released  user code runs and whoever called it will come back for the reader; or nobody reads yet, or any more
//	standIn   the same, and it took so long that the stand-in reads meanwhile
//
// The word that holds the state also counts how often the reader was released, so that the
// stand-in's timer can tell a handler that is busy from one that is called often.
const (
	released uint64 = iota
	ownerReading
	ownerStandIn

	ownerMask    = 3
	releaseCount = 4
)

// patience is how long user code may hold the reader, or replies that are not flushed, before the stand-in comes.
const patience = 5 * time.Millisecond

// A standIn does for a busy handler what cannot wait: it flushes what was written, answers control frames up to
// the next data frame, and cancels the handler's context when the peer is gone. Once the input has ended it
// also throws away the messages that still arrive.
type standIn struct {
	owner    atomic.Uint64
	armed    atomic.Bool // the timer runs
	seen     uint64      // owner when it last fired
	watch    *time.Timer
	recalled atomic.Bool   // the owner wants the reader back
	back     chan struct{} // the stand-in has given the reader back
}

func (s *standIn) init(c *Conn) {
	s.back = make(chan struct{}, 1)
	s.watch = time.AfterFunc(time.Hour, c.checkBusy)
	s.watch.Stop()
}

// release leaves the reader while user code runs. It does nothing for one who does not own it.
func (c *Conn) release() {
	o := c.owner.Load()
	if o&ownerMask != ownerReading && o != 0 {
		return
	}
	if free := (o + releaseCount) &^ ownerMask; !c.owner.CompareAndSwap(o, free) {
		return
	}
	if !c.armed.Load() && !c.armed.Swap(true) {
		c.watch.Reset(patience)
	}
}

// reclaim takes the reader back. stopped is asked when somebody kicks: whether reading is to end.
func (c *Conn) reclaim(stopped func() bool) {
	for {
		o := c.owner.Load()
		switch {
		case o&ownerMask != ownerStandIn:
			if !c.owner.CompareAndSwap(o, o&^ownerMask|ownerReading) {
				continue
			}
			c.stopped = stopped
			c.recalled.Store(false)
			return
		default:
			c.recalled.Store(true)
			c.kick()
			<-c.back
		}
	}
}

// checkBusy runs when the timer fires. It goes on doing so while messages come, and ends when it finds
// the reader at rest, or becomes the stand-in when it finds it released since the last time.
func (c *Conn) checkBusy() {
	o := c.owner.Load()
	quiet := o == c.seen
	c.seen = o
	switch {
	case c.gone.Err() != nil:
		return // armed stays set: nothing starts the timer again
	case !quiet:
		c.watch.Reset(patience)
	case o&ownerMask == released && c.owner.CompareAndSwap(o, o|ownerStandIn):
		defer func() { // a frame stage may leave its goroutine
			c.armed.Store(false)
			c.owner.Store(o)
			select {
			case c.back <- struct{}{}:
			default:
			}
		}()
		c.standInFor()
	default:
		c.armed.Store(false)
		if c.owner.Load() != o && !c.armed.Swap(true) {
			c.watch.Reset(patience)
		}
	}
}

// standInFor reads until its owner wants the reader back, or there is nothing more that can be done without it.
func (c *Conn) standInFor() {
	c.endBatch()
	c.stopped = c.recalled.Load
	for !c.recalled.Load() {
		if !c.over.Load() && (c.rd.Remaining() > 0 || c.atDataFrame() || len(c.held) == maxHeld) {
			_ = c.flush()
			return
		}
		ev, n, err := c.rd.Next(c.buf[c.r:c.w])
		c.r += n
		switch {
		case err == nil && ev.Type != protocol.EventData:
			c.holdFrame(ev)
			err = c.control(ev)
		case err == nil:
			err = c.judge(ev)
			c.in.pieces++
			if ev.End {
				c.in.messages++
				c.due = time.Time{}
			}
		case errors.Is(err, protocol.ErrShort):
			err = c.fill()
		case err != nil:
			err = c.violated(err)
		}
		if err != nil {
			if closed, ok := errors.AsType[*CloseError](err); ok && !c.closedCleanly(closed) {
				c.cancel(closed)
			}
			return
		}
	}
}

// atDataFrame reports whether the next byte begins a data frame.
func (c *Conn) atDataFrame() bool {
	return c.r < c.w && !protocol.Opcode(c.buf[c.r]&0x0f).IsControl()
}
