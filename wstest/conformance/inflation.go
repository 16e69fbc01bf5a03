package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"

	"github.com/wsflow/wsflow/protocol/deflate"
)

// An inflation takes the compressed messages of the endpoint, by the rules and by what was agreed.
//
// It inflates everything twice: with the standard library's inflater, which is given exactly what RFC 7692, 7.2.2, says,
// and with ours, which refuses distances beyond the agreed window. The two share no code, and have to agree.
type inflation struct {
	window  window
	history []byte // what the endpoint may refer to, for the standard library: its window is always the largest
	flate   io.ReadCloser
	ours    *deflate.Decompressor
}

func newInflation(w window) *inflation {
	return &inflation{
		window: w, flate: flate.NewReader(bytes.NewReader(nil)),
		ours: deflate.NewDecompressor(deflate.Window{Bits: w.bits, Takeover: w.takeover}, maxFrame),
	}
}

var (
	// messageTail is what a sender leaves out (RFC 7692, 7.2.1).
	messageTail = []byte{0x00, 0x00, 0xFF, 0xFF}
	// finalBlock is an empty one, after which an inflater knows that there is nothing more.
	finalBlock = []byte{0x01, 0x00, 0x00, 0xFF, 0xFF}

	errInflaters = errors.New("the suite's two inflaters disagree; that is a fault of the suite")
)

// message inflates the payload of one message.
func (x *inflation) message(payload []byte) ([]byte, error) {
	plain, err := x.standard(payload)
	if err != nil {
		return nil, fmt.Errorf("compressed data is corrupt or incomplete: %w (RFC 7692, 7.2.2)", err)
	}
	same, err := x.ours.InflateAll(nil, payload, true)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w, with a window of %d bytes, %s", err, x.window.size(), x.window.scope())
	case !bytes.Equal(plain, same):
		return nil, errInflaters
	}
	if x.window.takeover {
		x.history = append(x.history, plain...)
		x.history = bytes.Clone(x.history[max(0, len(x.history)-1<<maxBits):])
	}
	return plain, nil
}

func (w window) scope() string {
	if w.takeover {
		return "kept from message to message"
	}
	return "new with each message"
}

// standard inflates with the standard library. A block with BFINAL may stand anywhere, and ends its stream, but not the message (RFC 7692, 7.2.3.4).
func (x *inflation) standard(payload []byte) ([]byte, error) {
	in := bytes.NewReader(append(append(bytes.Clone(payload), messageTail...), finalBlock...))
	plain := bytes.Clone(x.history)
	for in.Len() > 0 {
		_ = x.flate.(flate.Resetter).Reset(in, plain[max(0, len(plain)-1<<maxBits):]) // it says that it never fails
		out, err := io.ReadAll(io.LimitReader(x.flate, maxFrame+1))
		if err != nil {
			return nil, err
		}
		if plain = append(plain, out...); len(plain) > maxFrame+len(x.history) {
			return nil, errHuge
		}
	}
	return plain[len(x.history):], nil
}
