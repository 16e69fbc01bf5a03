package protocol

import (
	"math"
	"strconv"
)

// A message may have freeFragments fragments, and one more for every
// bytesPerFragment bytes of its payload.
const (
	freeFragments    = 16384
	bytesPerFragment = 32
)

// fragmentCost is how many bytes longer each fragment may make an encoded message: of noise, permessage-deflate makes a
// stored block and an empty one.
const fragmentCost = 16

// checkFirstBytes judges what the first two bytes of a frame tell: everything
// but the size of data.
func (r *Reader) checkFirstBytes(h FrameHeader) error {
	if h.RSV != 0 {
		// RFC 6455, 5.2: "MUST be 0 unless an extension is negotiated that
		// defines meanings for non-zero values."
		if h.RSV&^r.cfg.RSV != 0 {
			return protocolError("5.2", "RSV bit is set without an extension that owns it")
		}
		// RFC 7692, 6.1: "An endpoint MUST NOT set the 'Per-Message Compressed'
		// bit of control frames and non-first fragments of a data message."
		if h.Opcode.IsControl() || h.Opcode == OpContinuation {
			return protocolError("5.2", "RSV bit is set on a control frame or a continuation")
		}
	}
	// RFC 6455, 5.2: "If an unknown opcode is received, the receiving endpoint
	// MUST _Fail the WebSocket Connection_."
	if h.Opcode.IsReserved() {
		return protocolError("5.2", "opcode "+strconv.Itoa(int(h.Opcode))+" is reserved")
	}
	// RFC 6455, 5.1: "The server MUST close the connection upon receiving a frame
	// that is not masked."
	if r.cfg.Role == Server && !h.Masked && !r.cfg.InsecureAnyMask {
		return protocolError("5.1", "frame from a client is not masked")
	}
	// RFC 6455, 5.1: "A client MUST close a connection if it detects a masked
	// frame."
	if r.cfg.Role == Client && h.Masked && !r.cfg.InsecureAnyMask {
		return protocolError("5.1", "frame from a server is masked")
	}
	if h.Opcode.IsControl() {
		return checkControl(h)
	}
	return r.checkSequence(h)
}

// checkControl judges a control frame.
//
// RFC 6455, 5.5: "All control frames MUST have a payload length of 125 bytes or
// less and MUST NOT be fragmented."
func checkControl(h FrameHeader) error {
	if !h.Fin {
		return protocolError("5.5", "control frame is fragmented")
	}
	if h.Length > MaxControlPayload {
		return protocolError("5.5", "control frame is longer than 125 bytes")
	}
	return nil
}

// checkSequence judges whether a data frame may stand where it does.
//
// RFC 6455, 5.4: "A fragmented message consists of a single frame with the FIN
// bit clear and an opcode other than 0, followed by zero or more frames with the
// FIN bit clear and the opcode set to 0, and terminated by a single frame with
// the FIN bit set and an opcode of 0."
func (r *Reader) checkSequence(h FrameHeader) error {
	if h.Opcode == OpContinuation && !r.InMessage() {
		return protocolError("5.4", "continuation without a message to continue")
	}
	// RFC 6455, 5.4: "The fragments of one message MUST NOT be interleaved
	// between the fragments of another message unless an extension has been
	// negotiated that can interpret the interleaving."
	if h.Opcode != OpContinuation && r.InMessage() {
		return protocolError("5.4", "new message inside a fragmented one")
	}
	return nil
}

// checkLimits judges a data frame by our own limits, before any of its payload
// is looked at.
func (r *Reader) checkLimits(h FrameHeader) error {
	// RFC 6455, 10.4: "Implementations that have implementation- and/or
	// platform-specific limitations regarding the frame size or total message
	// size after reassembly from multiple frames MUST protect themselves against
	// exceeding those limits." A subtraction, since a sum could overflow.
	limit := r.cfg.limit()
	allowed := limit
	if r.rsv != 0 && allowed < math.MaxInt64/2 {
		allowed += allowed/64 + 1024 + r.fragments*fragmentCost
	}
	if h.Length > allowed-r.received {
		return tooBig(limit)
	}
	// Fragments without content cost the peer little and us an event each, so
	// that their number has to be paid for with bytes.
	if r.fragments+1 > freeFragments+r.received/bytesPerFragment {
		return &CloseError{
			Code:   ClosePolicyViolation,
			Reason: "message has more than " + strconv.FormatInt(r.fragments, 10) + " fragments",
		}
	}
	return nil
}

// checkText judges the next payload bytes of a message of text.
//
// RFC 6455, 5.6: "Note that a particular text frame might include a partial UTF-8
// sequence; however, the whole message MUST contain valid UTF-8."
func (r *Reader) checkText(p []byte, end bool) error {
	// With an RSV bit the payload is encoded: the Decoder checks the text.
	if r.kind != OpText || r.rsv != 0 {
		return nil
	}
	// RFC 6455, 8.1: "that endpoint MUST _Fail the WebSocket Connection_", which
	// 7.4.1 gives the code 1007.
	if !r.text.Write(p) {
		return violation(CloseInvalidPayload, "8.1", "text is not UTF-8")
	}
	if end && !r.text.Complete() {
		return violation(CloseInvalidPayload, "8.1", "text ends inside a UTF-8 sequence")
	}
	return nil
}
