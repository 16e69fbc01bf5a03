package protocol

import "fmt"

// A Writer turns messages, fragments and control frames into the bytes of frames
// and refuses what RFC 6455 does not allow to be sent. It keeps the state of the
// outgoing direction, but no bytes. The zero Writer is a server's. A Writer must
// not be used from several goroutines at once.
//
// Payloads are copied into dst (and masked there, on a client); they are never
// changed, and must not overlap the free part of dst. The payload of a text
// message has to be valid UTF-8 as a whole: the Writer does not look.
//
// All errors leave dst and the Writer as they were. After AppendClose every
// method that appends returns [ErrCloseSent].
type Writer struct {
	role      Role
	inMessage bool
	closeSent bool
	rsv       uint8
	maskKey   func() [4]byte
}

// NewWriter returns a Writer for the end that we are. maskKey gives a client the
// mask key of each frame; nil is the default, which takes cryptographically
// strong random numbers. A server never calls it.
func NewWriter(role Role, maskKey func() [4]byte) *Writer {
	w := new(Writer)
	w.Init(role, maskKey)
	return w
}

// Init makes w a fresh Writer, as [NewWriter] does, for a Writer that is part of
// another struct.
func (w *Writer) Init(role Role, maskKey func() [4]byte) {
	if role == Client && maskKey == nil {
		maskKey = new(maskKeys).next
	}
	*w = Writer{role: role, maskKey: maskKey}
}

// InMessage reports whether a fragmented message has begun and not ended.
func (w *Writer) InMessage() bool { return w.inMessage }

// CloseSent reports whether our close frame has been written.
func (w *Writer) CloseSent() bool { return w.closeSent }

// SetRSV sets the RSV bits that the first frame of the next message is to carry.
// It is for extensions, which have transformed the payload themselves; with that
// frame the bits are used up.
func (w *Writer) SetRSV(bits uint8) { w.rsv = bits & 7 }

// AppendMessage appends a whole message as one frame. op is [OpText] or
// [OpBinary]. Inside a fragmented message the error is [ErrMessageOpen].
func (w *Writer) AppendMessage(dst []byte, op Opcode, payload []byte) ([]byte, error) {
	if op == OpContinuation {
		return dst, fmt.Errorf("%w: a message is text or binary", ErrInvalidFrame)
	}
	return w.AppendFrame(dst, op, payload, true)
}

// AppendFrame appends a data frame. [OpText] and [OpBinary] begin a message,
// [OpContinuation] continues it, fin ends it. Out of order the error is
// [ErrMessageOpen] or [ErrNoMessage].
func (w *Writer) AppendFrame(dst []byte, op Opcode, payload []byte, fin bool) ([]byte, error) {
	out, key, err := w.AppendHeader(dst, op, int64(len(payload)), fin)
	if err != nil {
		return dst, err
	}
	return w.appendPayload(out, payload, key), nil
}

// AppendHeader appends the header of a data frame, as [Writer.AppendFrame] does,
// for a payload of length bytes that the caller sends right behind it. A client
// has to mask that payload with key ([Mask]); a server's key means nothing.
func (w *Writer) AppendHeader(dst []byte, op Opcode, length int64, fin bool) (out []byte, key [4]byte, err error) {
	switch {
	case w.closeSent:
		return dst, key, ErrCloseSent
	case !op.IsData():
		return dst, key, fmt.Errorf("%w: %v is not a data opcode", ErrInvalidFrame, op)
	case length < 0:
		return dst, key, fmt.Errorf("%w: negative length", ErrInvalidFrame)
	// RFC 6455, 5.4: the fragments of a message are one frame with an opcode and
	// then continuations only, and messages do not interleave.
	case op == OpContinuation && !w.inMessage:
		return dst, key, ErrNoMessage
	case op != OpContinuation && w.inMessage:
		return dst, key, ErrMessageOpen
	}
	var rsv uint8
	if op != OpContinuation {
		rsv, w.rsv = w.rsv, 0
	}
	w.inMessage = !fin
	out, key = w.appendHeader(dst, FrameHeader{Fin: fin, RSV: rsv, Opcode: op, Length: length})
	return out, key, nil
}

// AppendPing appends a ping. It may stand inside a fragmented message. The error
// for a payload above [MaxControlPayload] is [ErrControlTooLong].
func (w *Writer) AppendPing(dst, payload []byte) ([]byte, error) {
	return w.appendControl(dst, OpPing, payload)
}

// AppendPong appends a pong, as [Writer.AppendPing] does a ping.
func (w *Writer) AppendPong(dst, payload []byte) ([]byte, error) {
	return w.appendControl(dst, OpPong, payload)
}

// AppendClose appends our close frame, the last frame that we send. With
// [CloseNoStatus] it is empty. Code and reason are treated as
// [AppendClosePayload] does; an [ErrInvalidClose] leaves the Writer open. It may
// stand inside a fragmented message, which then stays incomplete.
//
// RFC 6455, 5.5.1: "The application MUST NOT send any more data frames after
// sending a Close frame."
func (w *Writer) AppendClose(dst []byte, code CloseCode, reason string) ([]byte, error) {
	if w.closeSent {
		return dst, ErrCloseSent
	}
	var buf [MaxControlPayload]byte
	payload, err := AppendClosePayload(buf[:0], code, reason)
	if err != nil {
		return dst, err
	}
	out, err := w.appendControl(dst, OpClose, payload)
	w.closeSent = err == nil
	return out, err
}

func (w *Writer) appendControl(dst []byte, op Opcode, payload []byte) ([]byte, error) {
	if w.closeSent {
		return dst, ErrCloseSent
	}
	// RFC 6455, 5.5: "All control frames MUST have a payload length of 125 bytes
	// or less and MUST NOT be fragmented."
	if len(payload) > MaxControlPayload {
		return dst, ErrControlTooLong
	}
	out, key := w.appendHeader(dst, FrameHeader{Fin: true, Opcode: op, Length: int64(len(payload))})
	return w.appendPayload(out, payload, key), nil
}

// appendHeader completes h with what our role demands.
//
// RFC 6455, 5.1: "a client MUST mask all frames that it sends to the server", "A
// server MUST NOT mask any frames that it sends to the client."
func (w *Writer) appendHeader(dst []byte, h FrameHeader) ([]byte, [4]byte) {
	if w.role == Client {
		h.Masked, h.MaskKey = true, w.maskKey()
	}
	return AppendFrameHeader(dst, h), h.MaskKey
}

func (w *Writer) appendPayload(dst, payload []byte, key [4]byte) []byte {
	start := len(dst)
	dst = append(dst, payload...)
	if w.role == Client {
		Mask(dst[start:], key, 0)
	}
	return dst
}
