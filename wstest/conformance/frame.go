package conformance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// A Frame is one frame as the suite writes and reads it. It may break every rule of RFC 6455, 5.2.
type Frame struct {
	Opcode  protocol.Opcode
	Payload []byte
	More    bool  // FIN is not set: other fragments follow
	RSV     uint8 // protocol.RSV1 and the others

	// WrongMask masks what a server writes, and leaves what a client writes unmasked.
	WrongMask bool

	// Key masks a client's frame. Nil is a key that differs from frame to frame.
	Key *[4]byte

	// Wide is the number of bytes, 2 or 8, that carry the length, also where fewer would do. 0 is the minimal number.
	Wide int

	// Claim is the length that is announced, instead of that of the payload. 0 is that of the payload.
	Claim uint64
}

func textFrame(s string) Frame   { return Frame{Opcode: protocol.OpText, Payload: []byte(s)} }
func binaryFrame(b []byte) Frame { return Frame{Opcode: protocol.OpBinary, Payload: b} }
func pingFrame(s string) Frame   { return Frame{Opcode: protocol.OpPing, Payload: []byte(s)} }
func pongFrame(s string) Frame   { return Frame{Opcode: protocol.OpPong, Payload: []byte(s)} }

// closeFrame may have a code that may not be sent, and a reason that is not text.
func closeFrame(code protocol.CloseCode, reason string) Frame {
	return Frame{Opcode: protocol.OpClose, Payload: append([]byte{byte(code >> 8), byte(code)}, reason...)}
}

// first, next and last are the fragments of a text message.
func first(s string) Frame {
	return Frame{Opcode: protocol.OpText, Payload: []byte(s), More: true}
}
func next(s string) Frame { return Frame{Payload: []byte(s), More: true} }
func last(s string) Frame { return Frame{Payload: []byte(s)} }

// appendTo appends the bytes of the frame as a client or a server writes them.
func (f Frame) appendTo(dst []byte, client bool, key [4]byte) []byte {
	if f.Key != nil {
		key = *f.Key
	}
	dst = f.appendHeader(dst, client != f.WrongMask, key)
	if client == f.WrongMask {
		return append(dst, f.Payload...)
	}
	for i, c := range f.Payload {
		dst = append(dst, c^key[i&3])
	}
	return dst
}

func (f Frame) appendHeader(dst []byte, masked bool, key [4]byte) []byte {
	b0 := byte(f.Opcode&0x0F) | f.RSV&7<<4
	if !f.More {
		b0 |= 0x80
	}
	var b1 byte
	if masked {
		b1 = 0x80
	}
	length := uint64(len(f.Payload))
	if f.Claim != 0 {
		length = f.Claim
	}
	switch wide := max(f.Wide, minimalWidth(length)); wide {
	case 0:
		dst = append(dst, b0, b1|byte(length))
	case 2:
		dst = binary.BigEndian.AppendUint16(append(dst, b0, b1|126), uint16(length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, b0, b1|127), length)
	}
	if masked {
		dst = append(dst, key[:]...)
	}
	return dst
}

// minimalWidth is the number of bytes that a length needs behind the first two.
func minimalWidth(length uint64) int {
	switch {
	case length < 126:
		return 0
	case length <= 0xFFFF:
		return 2
	}
	return 8
}

var (
	errShort = errors.New("more bytes are needed")
	errHuge  = errors.New("frame announces more than the suite takes")
)

// maxFrame is more than any case sends, and so more than an echo has reason to.
const maxFrame = 64 << 20

// parseFrame decodes the frame at the start of b, which a client or a server has sent. It judges nothing: what breaks a rule is in the
// fields of the frame, for [referee]. It keeps nothing of b.
func parseFrame(b []byte, client bool) (f Frame, n int, err error) {
	if len(b) < 2 {
		return Frame{}, 0, errShort
	}
	f = Frame{Opcode: protocol.Opcode(b[0] & 0x0F), More: b[0]&0x80 == 0, RSV: b[0] >> 4 & 7}
	masked := b[1]&0x80 != 0
	f.WrongMask = masked != client
	length := uint64(b[1] & 0x7F)
	n = 2
	switch length {
	case 126:
		f.Wide = 2
	case 127:
		f.Wide = 8
	}
	if len(b) < n+f.Wide {
		return Frame{}, 0, errShort
	}
	if f.Wide > 0 {
		length = 0
		for _, c := range b[n : n+f.Wide] {
			length = length<<8 | uint64(c)
		}
	}
	n += f.Wide
	if length > maxFrame {
		return Frame{}, 0, errHuge
	}
	var key [4]byte
	if masked {
		if len(b) < n+4 {
			return Frame{}, 0, errShort
		}
		n += copy(key[:], b[n:])
	}
	if len(b) < n+int(length) {
		return Frame{}, 0, errShort
	}
	f.Payload = append([]byte{}, b[n:n+int(length)]...)
	if masked {
		f.Key = &key
		for i := range f.Payload {
			f.Payload[i] ^= key[i&3]
		}
	}
	return f, n + int(length), nil
}

// String describes the frame for reports.
func (f Frame) String() string {
	var s strings.Builder
	s.WriteString(f.Opcode.String())
	if f.Opcode == protocol.OpClose && len(f.Payload) >= 2 {
		fmt.Fprintf(&s, " %d", binary.BigEndian.Uint16(f.Payload))
		if len(f.Payload) > 2 {
			s.WriteString(" " + shown(f.Payload[2:]))
		}
	} else {
		s.WriteString(" " + shown(f.Payload))
	}
	if f.More {
		s.WriteString(", not final")
	}
	if f.RSV != 0 {
		fmt.Fprintf(&s, ", RSV %03b", f.RSV)
	}
	if f.WrongMask {
		s.WriteString(", wrongly masked")
	}
	if f.Claim != 0 {
		s.WriteString(", announced as " + strconv.FormatUint(f.Claim, 10) + " bytes")
	}
	if f.Wide > minimalWidth(uint64(len(f.Payload))) && f.Claim == 0 {
		fmt.Fprintf(&s, ", length in %d bytes", f.Wide)
	}
	return s.String()
}

// shown is a payload for a reader: all of a short one, the beginning of a long one.
func shown[T string | []byte](payload T) string {
	const most = 32
	if len(payload) <= most {
		return strconv.Quote(string(payload))
	}
	return strconv.Quote(string(payload[:most])) + "…, " + strconv.Itoa(len(payload)) + " bytes"
}
