package driver

import "github.com/wsflow/wsflow/protocol"

// decodeRoom is how much of a message is decoded at a time.
const decodeRoom = 4 << 10

// decoding undoes what the extensions of the peer did to messages, a bounded piece at a
// time.
type decoding struct {
	decoder protocol.Decoder
	buf     []byte

	src  []byte // what of the last piece from the wire is left
	end  bool   // that is the last one of its message
	more bool   // next has to be called before anything more is read
}

// feed takes the next piece of the message, and uses it as long as there is more.
func (d *decoding) feed(src []byte, end bool) { d.src, d.end, d.more = src, end, true }

// next decodes a piece, which may be empty, and is valid until the next call. end tells
// that it is the last one of its message.
func (d *decoding) next() (p []byte, end bool, err error) {
	if d.buf == nil {
		d.buf = make([]byte, 0, decodeRoom)
	}
	out, n, err := d.decoder.Decode(d.buf, d.src, d.end)
	d.more = err == protocol.ErrFull
	if err != nil && !d.more {
		return nil, false, err
	}
	d.src = d.src[n:]
	return out, d.end && !d.more, nil
}

// rest lets go of memory.
func (d *decoding) rest() { d.buf = nil }
