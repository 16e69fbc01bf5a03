package wstest

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// A Frame is one frame as a [Peer] writes and reads it. It may break every rule that its fields can express;
// the others are broken with [Peer.Write].
type Frame struct {
	Opcode  protocol.Opcode
	Payload []byte
	More    bool  // FIN is not set: other fragments follow
	RSV     uint8 // protocol.RSV1 and the others

	// WrongMask masks what a server writes, and leaves what a client writes unmasked.
	WrongMask bool
}

// TextFrame returns a text message of one frame.
func TextFrame(s string) Frame { return Frame{Opcode: protocol.OpText, Payload: []byte(s)} }

// BinaryFrame returns a binary message of one frame.
func BinaryFrame(b []byte) Frame { return Frame{Opcode: protocol.OpBinary, Payload: b} }

// CloseFrame returns a close frame, empty for [protocol.CloseNoStatus]. The code need not be one that may be sent.
func CloseFrame(code protocol.CloseCode, reason string) Frame {
	f := Frame{Opcode: protocol.OpClose}
	if code != protocol.CloseNoStatus {
		f.Payload = append([]byte{byte(code >> 8), byte(code)}, reason...)
	}
	return f
}

// String describes the frame for reports.
func (f Frame) String() string {
	more, flags := "", ""
	payload := f.Payload
	if len(payload) > 48 {
		payload, more = payload[:48], "…"
	}
	if f.More {
		flags += ", more follow"
	}
	if f.RSV != 0 {
		flags += fmt.Sprintf(", RSV %03b", f.RSV)
	}
	if f.WrongMask {
		flags += ", wrongly masked"
	}
	return fmt.Sprintf("%v of %d bytes %q%s%s", f.Opcode, len(f.Payload), payload, more, flags)
}

// equal compares what is on the wire. No payload is an empty one.
func (f Frame) equal(g Frame) bool {
	return f.Opcode == g.Opcode && string(f.Payload) == string(g.Payload) &&
		f.More == g.More && f.RSV == g.RSV && f.WrongMask == g.WrongMask
}

// Append appends the bytes of the frame as the given end writes them. A client masks with a key that is always
// the same.
func (f Frame) Append(dst []byte, role protocol.Role) []byte {
	h := protocol.FrameHeader{
		Fin: !f.More, RSV: f.RSV, Opcode: f.Opcode, Length: int64(len(f.Payload)),
		Masked: (role == protocol.Client) != f.WrongMask, MaskKey: [4]byte{0x37, 0xfa, 0x21, 0x3d},
	}
	dst = protocol.AppendFrameHeader(dst, h)
	start := len(dst)
	dst = append(dst, f.Payload...)
	if h.Masked {
		protocol.Mask(dst[start:], h.MaskKey, 0)
	}
	return dst
}

// parseFrame decodes a whole frame of the given end. It keeps nothing of b.
func parseFrame(b []byte, from protocol.Role) (f Frame, n int, err error) {
	h, n, err := protocol.ParseFrameHeader(b)
	if err != nil {
		return Frame{}, 0, err
	}
	if int64(len(b)-n) < h.Length {
		return Frame{}, 0, protocol.ErrShort
	}
	payload := append([]byte{}, b[n:n+int(h.Length)]...)
	if h.Masked {
		protocol.Mask(payload, h.MaskKey, 0)
	}
	return Frame{
		Opcode: h.Opcode, Payload: payload, More: !h.Fin, RSV: h.RSV,
		WrongMask: h.Masked != (from == protocol.Client),
	}, n + len(payload), nil
}
