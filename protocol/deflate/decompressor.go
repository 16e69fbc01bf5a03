package deflate

import (
	"math"
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// A Decompressor inflates the messages of one direction of a connection. It must
// not be used from several goroutines at once.
//
// Between messages it holds nothing but, where the peer's window was agreed to be
// kept, the last bytes of what it inflated, up to that window.
type Decompressor struct {
	bits     int
	takeover bool
	max      int64 // inflated bytes of a message

	total    int64 // inflated bytes of the open message
	inflater *inflater
	window   *window
	tail     []byte // of messageTail what is still to be read
	inTail   bool
	err      error
}

// messageTail is what a sender leaves out at the end of a message.
//
// RFC 7692, 7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the
// payload of the message."
var messageTail = []byte{0x00, 0x00, 0xFF, 0xFF}

var noWindow window

// NewDecompressor returns a Decompressor for what the peer compresses with w,
// its side of the agreed [Params]. A message may have max bytes inflated; 0 is
// [protocol.DefaultMaxMessage], a negative value means no limit.
func NewDecompressor(w Window, max int64) *Decompressor {
	d := new(Decompressor)
	d.Init(w, max)
	return d
}

// Init makes d a fresh Decompressor, as [NewDecompressor] does, for one that is
// part of another struct.
func (d *Decompressor) Init(w Window, max int64) {
	if max == 0 {
		max = protocol.DefaultMaxMessage
	}
	if max < 0 {
		max = math.MaxInt64
	}
	*d = Decompressor{bits: w.bits(), takeover: w.Takeover, max: max}
}

// Inflate appends what the next piece of the message, src, inflates to, and
// reports how many bytes of src it consumed. end says that src is the last piece.
// It appends to dst within its capacity only: if that is used up the error is
// [protocol.ErrFull], and Inflate is to be called again, with src[n:], the same end and
// room in dst (there may turn out to be nothing more). Otherwise all of src is
// consumed, and with end the next call begins another message.
//
// A violation is a [*protocol.CloseError], which may be sent to the peer as it
// is, and dst is returned as it was: 1009 as soon as the message exceeds the
// limit, 1007 if its data is corrupt, incomplete at the end, or reaches back
// beyond the agreed window. Further calls return the same error.
func (d *Decompressor) Inflate(dst, src []byte, end bool) (out []byte, n int, err error) {
	if d.err != nil {
		return dst, 0, d.err
	}
	o := d.output(dst)
	f := d.inflater
	err = errInput
	if !d.inTail {
		f.src = src
		err = f.run(&o)
		n = len(src) - len(f.src)
		if err == errInput && end && !f.atEnd() {
			d.inTail, d.tail = true, messageTail
		}
	}
	if d.inTail {
		f.src = d.tail
		err = f.run(&o)
		d.tail = f.src
	}
	f.src = nil
	if err == errInput && end && !f.atEnd() {
		err = errTruncated
	}
	if err != errInput && err != errRoom {
		d.fail(err)
		return dst, n, d.err
	}
	d.total += int64(o.at - o.base)
	d.keep(o.buf[o.base:o.at], end && err == errInput)
	if err == errRoom {
		return o.buf[:o.at], n, protocol.ErrFull
	}
	return o.buf[:o.at], n, nil
}

// InflateAll is Inflate with a dst that grows as needed, but never to a capacity
// that exceeds the limit (it may do so for a moment, while it grows). Without a
// limit the output can be a thousand times the input.
func (d *Decompressor) InflateAll(dst, src []byte, end bool) (out []byte, err error) {
	out = dst
	for {
		var n int
		if out, n, err = d.Inflate(out, src, end); err != protocol.ErrFull {
			if err != nil {
				return dst, err
			}
			return out, nil
		}
		src = src[n:]
		more := int64(max(512, 4*len(src), cap(out)))
		grown := make([]byte, len(out), len(out)+int(min(more, d.max-d.total)))
		copy(grown, out)
		out = grown
	}
}

// output prepares a run that appends to dst.
func (d *Decompressor) output(dst []byte) output {
	if d.inflater == nil {
		d.inflater = inflaters.Get().(*inflater)
	}
	o := output{
		buf: dst[:cap(dst)], at: len(dst), base: len(dst),
		limit: math.MaxInt, window: d.window, reach: 1 << d.bits,
	}
	if left := d.max - d.total; left < int64(math.MaxInt-len(dst)-maxMatch) {
		o.limit = len(dst) + int(left)
	} else {
		o.limit = math.MaxInt - maxMatch
	}
	if o.window == nil {
		o.window = &noWindow
	}
	return o
}

// keep stores what later input may reach back into, and lets go of the rest.
func (d *Decompressor) keep(p []byte, done bool) {
	if done {
		d.inflater.reset()
		inflaters.Put(d.inflater)
		d.inflater, d.tail, d.inTail, d.total = nil, nil, false, 0
	}
	switch {
	case d.takeover && d.window == nil:
		d.window = &window{size: 1 << d.bits}
	case d.takeover:
	case done:
		if d.window != nil {
			putWindow(d.bits, d.window)
			d.window = nil
		}
		return
	case d.window == nil:
		d.window = getWindow(d.bits)
	}
	d.window.write(p)
}

// fail makes err, as the peer is to be told, the answer to every further call.
func (d *Decompressor) fail(err error) {
	code, reason := protocol.CloseInvalidPayload, ""
	switch err {
	case errLimit:
		code = protocol.CloseMessageTooBig
		reason = "message exceeds " + strconv.FormatInt(d.max, 10) + " bytes inflated"
	case errWindow:
		reason = "compressed data reaches beyond the agreed window (RFC 7692, 7.1.2)"
	case errTruncated:
		reason = "compressed message is incomplete (RFC 7692, 7.2.2)"
	default:
		reason = "compressed data is corrupt (RFC 7692, 7.2.2)"
	}
	*d = Decompressor{err: &protocol.CloseError{Code: code, Reason: reason}}
}
