package protocol

import "fmt"

// A Frame is a whole frame (RFC 6455, 5.2), for those that look at frames and not at messages. It is a plain value;
// whether it is legal where it stands is for a [Reader] or a [Writer] to say.
type Frame struct {
	Fin     bool    // the last frame of its message
	RSV     uint8   // RSV1, RSV2, RSV3
	Opcode  Opcode  // four bits
	Masked  bool    // it is masked with MaskKey on the wire
	MaskKey [4]byte // in the order of the wire

	// Payload is not masked, whatever Masked says.
	Payload []byte
}

// Header returns what stands before the payload.
func (f Frame) Header() FrameHeader {
	return FrameHeader{
		Fin: f.Fin, RSV: f.RSV, Opcode: f.Opcode, Masked: f.Masked, MaskKey: f.MaskKey, Length: int64(len(f.Payload)),
	}
}

// Append appends the bytes of the frame to dst as its fields say, right or wrong, and masks them there if Masked is set.
// [Writer.Append] is for those that have to keep the rules.
func (f Frame) Append(dst []byte) []byte {
	dst = append(AppendFrameHeader(dst, f.Header()), f.Payload...)
	if f.Masked {
		Mask(dst[len(dst)-len(f.Payload):], f.MaskKey, 0)
	}
	return dst
}

// String tells of the frame in one line, without its payload: "text, 5 bytes, more follow".
func (f Frame) String() string {
	s := fmt.Sprintf("%v, %d bytes", f.Opcode, len(f.Payload))
	if !f.Fin {
		s += ", more follow"
	}
	if f.RSV != 0 {
		s += fmt.Sprintf(", RSV %03b", f.RSV)
	}
	return s
}

// Append appends a frame of any kind, masked as our role demands, whatever f says of its mask. The errors are those of
// [Writer.AppendFrame], [Writer.AppendPing] and [Writer.AppendClose]; [ErrInvalidFrame] is also the one of an opcode that is
// reserved, a fragmented control frame, RSV bits on a control frame or a continuation, and the payload of a close frame that
// cannot be one. The RSV bits of f come before those of [Writer.SetRSV].
func (w *Writer) Append(dst []byte, f Frame) ([]byte, error) {
	switch {
	case w.closeSent:
		return dst, ErrCloseSent
	case f.Opcode.IsReserved():
		return dst, fmt.Errorf("%w: %v is reserved", ErrInvalidFrame, f.Opcode)
	case f.Opcode.IsControl() && !f.Fin:
		return dst, fmt.Errorf("%w: control frame is fragmented", ErrInvalidFrame)
	case f.RSV != 0 && (f.Opcode.IsControl() || f.Opcode == OpContinuation):
		return dst, fmt.Errorf("%w: RSV bit is set on a %v frame", ErrInvalidFrame, f.Opcode)
	case f.Opcode == OpClose:
		code, reason, err := ParseClosePayload(f.Payload)
		if err != nil { // not wrapped: it is not the peer's violation
			return dst, fmt.Errorf("%w: %v", ErrInvalidFrame, err)
		}
		return w.AppendClose(dst, code, reason)
	case f.Opcode.IsControl():
		return w.appendControl(dst, f.Opcode, f.Payload)
	}
	before := w.rsv
	w.rsv = f.RSV & 7
	out, err := w.AppendFrame(dst, f.Opcode, f.Payload, f.Fin)
	if err != nil {
		w.rsv = before
	}
	return out, err
}
