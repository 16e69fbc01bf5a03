package upgrade

import (
	"errors"
	"os"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// fill reads more into the buffer.
func (c *Conn) fill() error {
	c.letGo()
	if c.raw != nil {
		return c.fillRaw()
	}
	switch {
	case c.r == c.w: // what waits for its peer holds no large buffer
		if c.shared != nil {
			buffers.Put(c.shared)
			c.shared = nil
		}
		if c.small == nil {
			c.small = make([]byte, smallBuffer)
		}
		c.buf, c.r, c.w = c.small, 0, 0
	case c.w-c.r+protocol.MaxFrameHeader+125 > len(c.buf): // glued bytes, in a buffer of their size
		c.buf = append(c.buf[c.r:c.w:c.w], make([]byte, smallBuffer)...)
		c.r, c.w = 0, c.w-c.r
	case c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	n, err := c.readSocket(c.buf[c.w:])
	c.w += n
	if err == nil && c.w == len(c.buf) && len(c.buf) < bufferSize {
		c.shared = buffers.Get().(*buffer)
		copy(c.shared[:], c.buf)
		c.buf = c.shared[:]
	}
	return err
}

// fillRaw reads more, holding no buffer while it waits but for a few bytes of an incomplete frame header
// or control frame: payloads are consumed as they come.
func (c *Conn) fillRaw() error {
	rest := c.buf[c.r:c.w]
	if len(rest) == 0 {
		rest = nil // an empty slice would keep its memory alive while we wait
	}
	if c.shared != nil {
		if len(rest) > 0 {
			rest = append([]byte(nil), rest...)
		}
		buffers.Put(c.shared)
		c.shared = nil
	}
	c.buf, c.r, c.w = rest, 0, len(rest)
	_, err := c.await(func() (int, error) {
		shared, n, err := c.raw.read(rest)
		if err == nil {
			c.shared, c.buf, c.w = shared, shared[:], n
		}
		return n, err
	})
	return err
}

// readSocket reads once into p.
func (c *Conn) readSocket(p []byte) (int, error) {
	return c.await(func() (int, error) { return c.nc.Read(p) })
}

// await reads once, after what is to be written was written: nobody waits for us then.
func (c *Conn) await(read func() (int, error)) (int, error) {
	if err := c.flush(); err != nil {
		return 0, c.lost(err)
	}
	c.publish()
	// The deadline of a message does not run while a handler holds the reader, and a stand-in reads.
	mine := c.owner.Load()&ownerMask == ownerReading || c.over.Load()
	for {
		if open := c.inMessage(); open != c.underWay.Load() {
			c.underWay.Store(open)
		}
		inMessage := mine && !c.unread && (c.rd.InMessage() || c.r < c.w || c.staged != nil && c.staged.inFrame())
		if err := c.setReadDeadline(inMessage); err == nil {
			rates := c.socketRates()
			rates.waits()
			c.waits.Add(1)
			n, err := read()
			c.waits.Add(1)
			rates.waited()
			if n > 0 {
				c.stats.readBytes(n)
				c.in.bytes += uint64(n)
				if err := rates.came(n); err != nil {
					return n, c.violated(err)
				}
				return n, nil
			}
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				return 0, c.readFailed(err)
			}
		}
		switch {
		case c.takeKick():
			if c.stopped() {
				return 0, errStopped
			}
		case !c.due.IsZero() && !time.Now().Before(c.due):
			return 0, c.violated(tookTooLong())
		}
	}
}

// setReadDeadline limits the next read while a message is open. It fails if a kick is pending.
func (c *Conn) setReadDeadline(inMessage bool) error {
	switch {
	case !inMessage || c.set.MessageTimeout == 0:
		c.due = time.Time{}
	case c.due.IsZero():
		c.due = time.Now().Add(c.set.MessageTimeout)
	}
	c.wake.Lock()
	defer c.wake.Unlock()
	if c.wake.kicked {
		return errStopped
	}
	if c.due.Equal(c.wake.deadline) {
		return nil
	}
	c.wake.deadline = c.due
	return c.nc.SetReadDeadline(c.due)
}

// kick wakes whoever waits for the socket, so that it asks whether to go on.
func (c *Conn) kick() {
	c.wake.Lock()
	defer c.wake.Unlock()
	c.wake.kicked = true
	c.wake.deadline = aLongTimeAgo
	_ = c.nc.SetReadDeadline(aLongTimeAgo)
}

// takeKick forgets a kick, and reports whether there was one.
func (c *Conn) takeKick() bool {
	c.wake.Lock()
	defer c.wake.Unlock()
	if !c.wake.kicked {
		return false
	}
	c.wake.kicked = false
	return true
}
