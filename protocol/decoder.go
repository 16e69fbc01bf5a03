package protocol

import (
	"errors"
	"strconv"
)

// A Decoder undoes what the codecs of a connection did to the payloads that
// arrive: all of them, in the right order, within a limit, and it checks that text
// is UTF-8. A [Reader] hands on such payloads as they travelled. The zero Decoder
// is that of a connection without extensions. A Decoder must not be used from
// several goroutines at once.
//
//	if ev.Start {
//		encoded, err = d.Begin(ev.Opcode, ev.RSV)
//	}
//	if encoded {
//		for src := ev.Payload; ; {
//			out, n, err := d.Decode(buf[:0], src, ev.End)
//			// use out, and stop if err is neither nil nor ErrFull
//			if err == nil {
//				break
//			}
//			src = src[n:]
//		}
//	}
type Decoder struct {
	codecs []Codec
	max    int64

	coding coding // of the open message
	chains map[uint8]coding
	text   bool
	valid  UTF8
	total  int64
	err    error
}

// A coding is the side of a [Codec] that decodes.
type coding interface {
	Decode(dst, src []byte, end bool) (out []byte, n int, err error)
}

// Init makes d a fresh Decoder for the codecs that were agreed on, in the order of
// the server's answer. max limits the decoded bytes of a message as
// [ReaderConfig].MaxMessage does.
func (d *Decoder) Init(codecs []Codec, max int64) {
	*d = Decoder{codecs: codecs, max: ReaderConfig{MaxMessage: max}.limit()}
}

// Begin begins a message with the opcode and RSV bits of its first frame, and
// reports whether its payload is encoded. Bits that mean nothing together are a
// violation, a [*CloseError] of 1002.
//
// RFC 6455, 5.2: "If a nonzero value is received and none of the negotiated
// extensions defines the meaning of such a nonzero value, the receiving endpoint
// MUST _Fail the WebSocket Connection_."
func (d *Decoder) Begin(op Opcode, rsv uint8) (encoded bool, err error) {
	if d.err != nil || rsv == 0 {
		return false, d.err
	}
	d.total, d.text = 0, op == OpText
	d.valid.Reset()
	if d.coding = d.chain(rsv); d.coding == nil {
		d.err = protocolError("5.2", "RSV bits mean nothing together")
	}
	return d.coding != nil, d.err
}

// chain returns what undoes the codecs that own the bits of rsv, the last one first,
// or nil if not all of the bits are owned so.
func (d *Decoder) chain(rsv uint8) coding {
	if c, ok := d.chains[rsv]; ok {
		return c
	}
	var undo coding
	var owned uint8
	for _, c := range d.codecs {
		switch {
		case c.RSV() == 0 || c.RSV()&rsv != c.RSV():
		case undo == nil:
			undo = c
		default:
			undo = &chained{outer: c, inner: undo}
		}
		if c.RSV()&rsv == c.RSV() {
			owned |= c.RSV()
		}
	}
	if owned != rsv {
		return nil
	}
	if d.chains == nil {
		d.chains = make(map[uint8]coding, 1)
	}
	d.chains[rsv] = undo
	return undo
}

// Decode appends what src, the next piece of the message, was, within the capacity
// of dst, and reports how much of src it consumed, as [Codec].Decode does. end says
// that src is the last piece. If the capacity did not suffice, the error is
// [ErrFull]: call it again with src[n:], the same end, and room in dst. A violation
// is a [*CloseError], which further calls return as well: 1009 for a message that
// exceeds the limit, 1007 for text that is not UTF-8, or what the codec says. Of
// what else a codec fails with, 1010 is made.
func (d *Decoder) Decode(dst, src []byte, end bool) (out []byte, n int, err error) {
	if d.err != nil {
		return dst, 0, d.err
	}
	if d.coding == nil {
		return dst, 0, ErrNoMessage
	}
	out, n, err = d.coding.Decode(dst, src, end)
	if err == ErrFull && n == 0 && len(out) == len(dst) && cap(dst) > len(dst) { // never wrapped
		err = errStuck
	}
	if err != nil && err != ErrFull { // never wrapped
		d.err = codecError(err)
		return dst, n, d.err
	}
	piece := out[len(dst):]
	within := piece[:min(int64(len(piece)), d.max-d.total)]
	d.total += int64(len(within))
	done := end && err == nil
	switch {
	case d.text && !d.valid.Write(within):
		d.err = violation(CloseInvalidPayload, "8.1", "text is not UTF-8")
	case len(within) < len(piece):
		d.err = tooBig(d.max)
	case d.text && done && !d.valid.Complete():
		d.err = violation(CloseInvalidPayload, "8.1", "text ends inside a UTF-8 sequence")
	}
	if d.err != nil {
		return dst, n, d.err
	}
	if done {
		d.coding = nil
	}
	return out, n, err
}

// errStuck is the finding that a codec neither consumes nor produces.
var errStuck = errors.New("websocket: codec does not get on")

// codecError returns the error of a codec as one to close with.
//
// RFC 6455, 7.4.1: "1010 indicates that an endpoint (client) is terminating the
// connection because it has expected the server to negotiate one or more extension",
// which comes closest to an extension that does not work.
func codecError(err error) error {
	if e, ok := errors.AsType[*CloseError](err); ok {
		return e
	}
	return &CloseError{Code: CloseMandatoryExtension, Reason: "extension failed", Err: err}
}

func tooBig(limit int64) *CloseError {
	return &CloseError{
		Code:   CloseMessageTooBig,
		Reason: "message exceeds " + strconv.FormatInt(limit, 10) + " bytes",
	}
}

// A chained decodes with outer first and with inner what comes out of it.
type chained struct {
	outer, inner coding

	buf  [4 << 10]byte
	mid  []byte // of buf: what inner has not consumed yet
	more bool   // outer has more for what it has consumed
	last bool   // mid is the end of the message
	full bool   // inner has more for what it has consumed
}

func (c *chained) Decode(dst, src []byte, end bool) (out []byte, n int, err error) {
	out = dst
	for {
		if len(c.mid) > 0 || c.last || c.full {
			var k int
			out, k, err = c.inner.Decode(out, c.mid, c.last)
			c.mid, c.full = c.mid[k:], err == ErrFull // never wrapped
			if err != nil {
				return out, n, err
			}
			if c.last {
				c.last = false
				return out, n, nil
			}
		}
		if n == len(src) && !c.more && !end {
			return out, n, nil
		}
		var k int
		c.mid, k, err = c.outer.Decode(c.buf[:0], src[n:], end)
		n += k
		c.more = err == ErrFull // never wrapped
		if err != nil && !c.more {
			return out, n, err
		}
		c.last = end && !c.more
	}
}
