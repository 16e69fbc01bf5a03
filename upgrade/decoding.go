package upgrade

import (
	"bytes"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// decoding is what the reader of a connection with extensions knows of the open message. It belongs to the owner of
// the reader.
type decoding struct {
	dec  protocol.Decoder
	src  []byte // arrived and not yet decoded
	last bool   // src is the end of the message
	more bool   // there is something to decode without reading on
	own  bool   // src is a copy
}

func (d *decoding) init(codecs []protocol.Codec, limit int64) { d.dec.Init(codecs, limit) }

// put takes a piece of the message to be decoded.
func (d *decoding) put(ev protocol.Event) {
	d.src, d.last, d.more, d.own = ev.Payload, ev.End, true, false
}

// keepRest makes src a copy, before others read the connection.
func (d *decoding) keepRest() {
	if d.more && !d.own {
		d.src, d.own = bytes.Clone(d.src), true
	}
}

// decode appends to dst what the next piece of the open message was, or as much of it as there is room for, and
// reports whether that was the end of the message.
func (c *Conn) decode(dst []byte) (out []byte, end bool, err error) {
	d := &c.decoding
	if !d.more {
		ev, err := c.nextData()
		if err != nil {
			return nil, false, err
		}
		d.put(ev)
	}
	out, n, err := d.dec.Decode(dst, d.src, d.last)
	d.src = d.src[n:]
	if err == protocol.ErrFull { // never wrapped
		return out, false, nil
	}
	d.src, d.more = nil, false
	if err != nil {
		return nil, false, c.violated(err)
	}
	return out, d.last, nil
}

// readEncoded reads a message that begins with ev and that codecs have changed.
//
// With Streaming, the peer's framing and what the message was decide whether it is strict, never how it arrives.
func (c *Conn) readEncoded(ev protocol.Event) (message.Message, *inbound, error) {
	if _, err := c.decoding.dec.Begin(ev.Opcode, ev.RSV); err != nil {
		return message.Message{}, nil, c.violated(err)
	}
	c.decoding.put(ev)
	op := ev.Opcode
	limit := int64(-1)
	if c.set.Streaming {
		if !ev.Single || ev.Length > strictFrame {
			in := newInbound(c, op, nil)
			in.encoded = true
			return in.message(), in, nil
		}
		limit = strictFrame
	}
	body, end, err := c.gather(limit)
	if err != nil {
		return message.Message{}, nil, err
	}
	if limit >= 0 && int64(len(body)) > limit {
		in := newInbound(c, op, body)
		in.encoded, in.ended = true, end
		return in.message(), in, nil
	}
	return newStrict(op, body), nil, nil
}

// gather decodes the rest of a message into memory of its own, in pooled pieces first, so that what exceeds the limit
// has cost no more than the limit. With limit 0 or more it stops once there is more than that.
func (c *Conn) gather(limit int64) (body []byte, end bool, err error) {
	var full []*buffer
	last := buffers.Get().(*buffer)
	defer func() {
		for _, b := range append(full, last) {
			buffers.Put(b)
		}
	}()
	n, at := 0, 0 // bytes altogether, and in last
	for !end && (limit < 0 || int64(n) <= limit) {
		if at == bufferSize {
			full = append(full, last)
			last, at = buffers.Get().(*buffer), 0
		}
		room := bufferSize
		if limit >= 0 {
			room = min(room, at+int(limit)+1-n)
		}
		var out []byte
		if out, end, err = c.decode(last[:at:room]); err != nil {
			return nil, false, err
		}
		n += len(out) - at
		at = len(out)
	}
	if n <= smallPayload {
		return c.keep(last[:at]), end, nil
	}
	body = make([]byte, 0, n)
	for _, b := range full {
		body = append(body, b[:]...)
	}
	return append(body, last[:at]...), end, nil
}

// nextChunk returns the next piece of a streamed message, decoded, in memory that is not written again, and nil
// if there is nothing in it.
func (c *Conn) nextChunk(encoded bool) (chunk []byte, end bool, err error) {
	if !encoded {
		ev, err := c.nextData()
		if err != nil || len(ev.Payload) == 0 {
			return nil, ev.End, err
		}
		return c.keep(ev.Payload), ev.End, nil
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	out, end, err := c.decode(b[:0])
	if err != nil || len(out) == 0 {
		return nil, end, err
	}
	return c.keep(out), end, nil
}

// skipRest reads what is left of a streamed message.
func (c *Conn) skipRest(encoded bool) error {
	for {
		var end bool
		var err error
		if encoded {
			b := buffers.Get().(*buffer)
			_, end, err = c.decode(b[:0])
			buffers.Put(b)
		} else {
			var ev protocol.Event
			ev, err = c.nextData()
			end = ev.End
		}
		if err != nil || end {
			return err
		}
	}
}
