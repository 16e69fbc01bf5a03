package hixie

import (
	"bytes"

	"github.com/wsflow/wsflow/protocol"
)

// maxDigits is how many bytes the length of a frame may have: as many as make 63 bits.
const maxDigits = 9

// keptBuffer is how large a buffer for text may be to be used again.
const keptBuffer = 4 << 10

// Next takes bytes from b, up to the end of the next event, and returns the event and how many they were. Present the rest
// again. b is not kept. However the bytes are cut, the events are the same.
//
// The error is [protocol.ErrShort] when all of b is taken and nothing has come of it yet, and [protocol.ErrClosed] after EventClose and, if there is
// no closing handshake, after Close. A client's failed handshake is a [*protocol.HandshakeError]. A violation is a
// [*protocol.CloseError] and closes the connection: a message that exceeds the limit (1009), text that is not UTF-8 (1007) or a
// length that does not end (1002). Next returns these errors ever after.
func (c *Conn) Next(b []byte) (ev Event, n int, err error) {
	for {
		if c.failure != nil {
			return Event{}, n, c.failure
		}
		if c.stage == atOpen {
			c.stage = atFrame
			return Event{Type: EventOpen}, n, nil
		}
		if n == len(b) {
			return Event{}, n, protocol.ErrShort
		}
		used, err := c.take(b[n:], &ev)
		n += used
		if err != nil {
			c.fail(err)
		} else if ev.Type != 0 {
			return ev, n, nil
		}
	}
}

// fail ends the connection because of what the peer did.
func (c *Conn) fail(err error) {
	c.failure, c.text = err, nil
	c.Close()
}

// take takes at least one byte of b, and at most to the end of a stage.
func (c *Conn) take(b []byte, ev *Event) (n int, err error) {
	switch c.stage {
	case atHead:
		return c.takeHead(b)
	case atDigest:
		return c.takeDigest(b)
	case atBody:
		return c.takeBody(b), nil
	case atText:
		return c.takeText(b, ev)
	case atLength:
		return 1, c.takeLength(b[0], ev)
	case atSkip:
		n = int(min(c.length, int64(len(b))))
		if c.length -= int64(n); c.length == 0 {
			c.stage = atFrame
		}
		return n, nil
	}
	// The high bit of a frame's first byte says that a length follows.
	c.lead = b[0]
	if c.lead < 0x80 {
		c.stage = atText
		return 1, nil
	}
	c.stage, c.length, c.digits = atLength, 0, 0
	return 1, nil
}

// takeBody collects the eight bytes, and answers them.
func (c *Conn) takeBody(b []byte) (n int) {
	n = min(len(b), bodySize-len(c.body))
	c.body = append(c.body, b[:n]...)
	if len(c.body) == bodySize {
		sum := digest(c.numbers, [bodySize]byte(c.body))
		c.out = append(c.out, sum[:]...)
		c.open()
	}
	return n
}

// takeText collects text, up to its end.
func (c *Conn) takeText(b []byte, ev *Event) (n int, err error) {
	end := bytes.IndexByte(b, 0xFF)
	text := b
	if end >= 0 {
		text = b[:end]
	}
	room := c.limit - int64(len(c.text))
	// Which error comes first does not depend on how the bytes were cut: what is within the limit is judged before it.
	if !c.check.Write(text[:min(int64(len(text)), room)]) {
		return len(text), notUTF8()
	}
	switch {
	case int64(len(text)) > room:
		return len(text), tooBig()
	case end < 0:
		c.text = append(c.text, text...)
		return len(text), nil
	case !c.check.Complete():
		return len(text) + 1, notUTF8()
	case len(c.text) == 0:
		ev.Text = string(text)
	default:
		c.text = append(c.text, text...)
		ev.Text = string(c.text)
		if c.text = c.text[:0]; cap(c.text) > keptBuffer {
			c.text = nil
		}
	}
	ev.Type = EventText
	c.check.Reset()
	c.stage = atFrame
	return len(text) + 1, nil
}

// takeLength takes a byte of a length: seven bits, and whether there are more. Both the length and the number of its
// bytes are limited, for leading zeros have no end either.
func (c *Conn) takeLength(digit byte, ev *Event) error {
	c.digits++
	c.length = c.length<<7 | int64(digit&0x7F)
	switch {
	case c.length > c.limit:
		return tooBig()
	case digit >= 0x80 && c.digits == maxDigits:
		return &protocol.CloseError{Code: protocol.CloseProtocolError, Reason: "length of a frame has too many bytes"}
	case digit >= 0x80:
		return nil
	case c.length > 0:
		c.stage = atSkip
		return nil
	}
	c.stage = atFrame
	// In hixie-75 it is a frame as any other.
	if c.lead == 0xFF && c.version == Hixie76 {
		ev.Type = EventClose
		c.failure = protocol.ErrClosed
	}
	return nil
}

func tooBig() error {
	return &protocol.CloseError{Code: protocol.CloseMessageTooBig, Reason: "message exceeds the limit"}
}

func notUTF8() error {
	return &protocol.CloseError{Code: protocol.CloseInvalidPayload, Reason: "text is not valid UTF-8"}
}
