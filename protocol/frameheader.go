package protocol

import "encoding/binary"

// The RSV bits of a frame header. They belong to extensions: permessage-deflate
// (RFC 7692) uses RSV1.
const (
	RSV1 uint8 = 4
	RSV2 uint8 = 2
	RSV3 uint8 = 1
)

const (
	// MaxFrameHeader is the size of the longest frame header: two bytes, a
	// 64-bit length and a mask key.
	MaxFrameHeader = 14

	// MaxControlPayload is the longest payload of a control frame.
	MaxControlPayload = 125
)

// A FrameHeader is everything of a frame but its payload (RFC 6455, 5.2). It is
// a plain value; whether it is legal where it stands is for a [Reader] to say.
type FrameHeader struct {
	Fin     bool    // the last frame of its message
	RSV     uint8   // RSV1, RSV2, RSV3
	Opcode  Opcode  // four bits
	Masked  bool    // the payload is masked with MaskKey
	MaskKey [4]byte // in the order of the wire
	Length  int64   // payload length in bytes, never negative
}

// ParseFrameHeader decodes the header at the start of b and reports its size.
// If b ends too soon the error is [ErrShort], and b can be tried again with more
// bytes. A length that breaks a rule of RFC 6455 is a [*CloseError] with code
// 1002, as soon as the length is there; nothing else is judged.
func ParseFrameHeader(b []byte) (h FrameHeader, n int, err error) {
	if len(b) < 2 {
		return FrameHeader{}, 0, ErrShort
	}
	h = parseFirstBytes(b[0], b[1])
	n = 2
	switch h.Length {
	case 126:
		if len(b) < 4 {
			return FrameHeader{}, 0, ErrShort
		}
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		n = 4
		// RFC 6455, 5.2: "in all cases, the minimal number of bytes MUST be used
		// to encode the length, for example, the length of a 124-byte-long
		// string can't be encoded as the sequence 126, 0, 124."
		if h.Length < 126 {
			return FrameHeader{}, 0, protocolError("5.2", "payload length is not encoded in the minimal number of bytes")
		}
	case 127:
		if len(b) < 10 {
			return FrameHeader{}, 0, ErrShort
		}
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		n = 10
		// RFC 6455, 5.2: "If 127, the following 8 bytes interpreted as a 64-bit
		// unsigned integer (the most significant bit MUST be 0) are the payload
		// length."
		if h.Length < 0 {
			return FrameHeader{}, 0, protocolError("5.2", "most significant bit of the payload length is set")
		}
		// The rule of the minimal number of bytes, as above.
		if h.Length <= 0xFFFF {
			return FrameHeader{}, 0, protocolError("5.2", "payload length is not encoded in the minimal number of bytes")
		}
	}
	if h.Masked {
		if len(b) < n+4 {
			return FrameHeader{}, 0, ErrShort
		}
		h.MaskKey = [4]byte(b[n:])
		n += 4
	}
	return h, n, nil
}

// parseFirstBytes decodes the part of a header that is always there. Length is
// the seven-bit length, in which 126 and 127 announce a longer one.
func parseFirstBytes(b0, b1 byte) FrameHeader {
	return FrameHeader{
		Fin:    b0&0x80 != 0,
		RSV:    b0 >> 4 & 7,
		Opcode: Opcode(b0 & 0x0F),
		Masked: b1&0x80 != 0,
		Length: int64(b1 & 0x7F),
	}
}

// AppendFrameHeader appends h to dst, its length in the minimal number of bytes.
// Of RSV and Opcode the bits that have a place on the wire are used; Length must
// not be negative; MaskKey counts only if Masked is set.
func AppendFrameHeader(dst []byte, h FrameHeader) []byte {
	b0 := byte(h.Opcode&0x0F) | (h.RSV&7)<<4
	if h.Fin {
		b0 |= 0x80
	}
	var masked byte
	if h.Masked {
		masked = 0x80
	}
	switch {
	case h.Length < 126:
		dst = append(dst, b0, masked|byte(h.Length))
	case h.Length <= 0xFFFF:
		dst = append(dst, b0, masked|126, byte(h.Length>>8), byte(h.Length))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, b0, masked|127), uint64(h.Length))
	}
	if h.Masked {
		dst = append(dst, h.MaskKey[:]...)
	}
	return dst
}
