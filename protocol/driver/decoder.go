package driver

import (
	"errors"
	"slices"

	"github.com/wsflow/wsflow/protocol"
)

// decodeRoom is how much of a message is decoded at a time.
const decodeRoom = 4 << 10

// A decoder undoes what the codecs of the peer did to one message, a bounded piece
// at a time.
type decoder struct {
	stages []stage // one for each codec, in the order in which they are undone

	// A piece from the wire.
	src []byte
	end bool // it is the message's last
	fed bool // it has not been taken by the first stage
}

// A stage undoes what one codec did.
type stage struct {
	codec  protocol.Codec
	active bool // for the open message
	buf    []byte
	src    []byte // what of its input is left
	end    bool   // src is the message's last piece
	more   bool   // there may be output, without more input
}

// errStuck is the finding that a codec neither consumes nor produces.
var errStuck = errors.New("websocket: extension does not get on")

// init makes d ready for a connection.
//
// RFC 6455, 9.1: the extensions are applied in the order in which they are listed in
// the server's response, and therefore undone in the reverse order.
func (d *decoder) init(codecs []protocol.Codec) {
	for _, codec := range slices.Backward(codecs) {
		d.stages = append(d.stages, stage{codec: codec})
	}
}

// begin makes d ready for a message with these bits on its first frame.
func (d *decoder) begin(rsv uint8) {
	for i := range d.stages {
		d.stages[i].active = d.stages[i].codec.RSV()&rsv != 0
	}
}

// rest lets go of memory, if d is not busy.
func (d *decoder) rest() {
	for i := range d.stages {
		if !d.busy() {
			d.stages[i].buf = nil
		}
	}
}

// feed gives d the next piece of the message. It is used until busy reports false.
func (d *decoder) feed(src []byte, end bool) { d.src, d.end, d.fed = src, end, true }

// busy reports whether next has to be called before d can be fed.
func (d *decoder) busy() bool {
	for i := range d.stages {
		if d.stages[i].more {
			return true
		}
	}
	return d.fed
}

// next decodes a piece, which may be empty. end tells that it is the last one. The
// piece is valid until the next call.
func (d *decoder) next() (p []byte, end bool, err error) {
	p, end, _, err = d.run(len(d.stages) - 1)
	return p, end, err
}

// run asks stage i for a piece, which asks the one before it for input. It reports
// false if there is none.
func (d *decoder) run(i int) (p []byte, end, ok bool, err error) {
	if i < 0 {
		p, end, ok = d.src, d.end, d.fed
		d.src, d.fed = nil, false
		return p, end, ok, nil
	}
	s := &d.stages[i]
	if !s.active {
		return d.run(i - 1)
	}
	if s.buf == nil {
		s.buf = make([]byte, 0, decodeRoom)
	}
	for {
		if !s.more {
			if s.src, s.end, ok, err = d.run(i - 1); err != nil || !ok {
				return nil, false, false, err
			}
		}
		out, n, err := s.codec.Decode(s.buf, s.src, s.end)
		s.more = err == protocol.ErrFull
		if s.more && n == 0 && len(out) == 0 {
			err = errStuck
		}
		if err != nil && err != protocol.ErrFull {
			return nil, false, false, asViolation(err)
		}
		s.src = s.src[n:]
		if end := s.end && !s.more; end || len(out) > 0 {
			return out, end, true, nil
		}
	}
}

// asViolation returns the error of a codec as one to close with.
//
// RFC 6455, 7.4.1: "1010 indicates that an endpoint (client) is terminating the
// connection because it has expected the server to negotiate one or more extension",
// which comes closest to an extension that does not work.
func asViolation(err error) error {
	var e *protocol.CloseError
	if errors.As(err, &e) {
		return e
	}
	return &protocol.CloseError{Code: protocol.CloseMandatoryExtension, Reason: "extension failed", Err: err}
}
