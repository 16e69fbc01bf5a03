package e2e_test

import "github.com/wsflow/wsflow/protocol"

// A frame is one that a well-behaved library does not send. It is masked, as a client's frames are.
type frame struct {
	Opcode   protocol.Opcode
	Payload  string
	More     bool // it is not the last of its message
	RSV      uint8
	Unmasked bool
	Announce int64 // the payload length in the header, if it is not that of Payload
}

// bytes returns the frame as it travels.
func (f frame) bytes() []byte {
	h := protocol.FrameHeader{
		Fin: !f.More, RSV: f.RSV, Opcode: f.Opcode,
		Masked: !f.Unmasked, MaskKey: [4]byte{0x1d, 0xe5, 0x70, 0x9a}, Length: max(f.Announce, int64(len(f.Payload))),
	}
	b := protocol.AppendFrameHeader(nil, h)
	at := len(b)
	b = append(b, f.Payload...)
	if h.Masked {
		protocol.Mask(b[at:], h.MaskKey, 0)
	}
	return b
}
