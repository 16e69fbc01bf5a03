package conformance

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/wsflow/wsflow/protocol"
)

// An event is something that the endpoint has said: a whole message, a control frame, or the end of the connection.
type event struct {
	op      protocol.Opcode
	payload []byte
	code    protocol.CloseCode // of a close frame; CloseNoStatus if it was empty
	end     error              // why nothing more comes, or nil
	broken  string             // the rule that the endpoint broke, after which it is not listened to

	compressed bool // a message that was, and is not any more
}

func (e event) String() string {
	switch {
	case e.broken != "":
		return "a frame against the rules: " + e.broken
	case e.end != nil:
		return "the end of the connection"
	case e.op == protocol.OpClose && e.code == protocol.CloseNoStatus:
		return "an empty Close"
	case e.op == protocol.OpClose && len(e.payload) > 0:
		return fmt.Sprintf("Close %d %s", e.code, shown(e.payload))
	case e.op == protocol.OpClose:
		return fmt.Sprintf("Close %d", e.code)
	}
	return fmt.Sprintf("%v %s", e.op, shown(e.payload))
}

// A referee sees every frame of the endpoint, whatever the case is about, puts fragments together, and knows the rules
// of RFC 6455, 5.
type referee struct {
	open    protocol.Opcode // of the message that has begun, OpContinuation if there is none
	message []byte
	closed  bool

	inflation  *inflation // nil if compression is not agreed on
	compressed bool       // the message that has begun is
}

// judge takes the next frame. It reports false if that does not complete anything.
func (r *referee) judge(f Frame) (event, bool) {
	if rule := r.rule(f); rule != "" {
		return event{broken: rule + " (" + f.String() + ")"}, true
	}
	switch {
	case f.Opcode == protocol.OpClose:
		return r.close(f.Payload), true
	case f.Opcode.IsControl():
		return event{op: f.Opcode, payload: f.Payload}, true
	case f.Opcode != protocol.OpContinuation:
		r.open, r.message, r.compressed = f.Opcode, nil, f.RSV != 0
	}
	r.message = append(r.message, f.Payload...)
	if f.More {
		return event{}, false
	}
	e := event{op: r.open, payload: r.message, compressed: r.compressed}
	if r.compressed {
		plain, err := r.inflation.message(r.message)
		if err != nil {
			return event{broken: err.Error()}, true
		}
		e.payload = plain
	}
	if r.open == protocol.OpText && !utf8.Valid(e.payload) {
		e = event{broken: "text is not UTF-8 (RFC 6455, 5.6)"}
	}
	r.open, r.message = protocol.OpContinuation, nil
	return e, true
}

// rule returns the rule that a frame breaks, "" if it breaks none.
func (r *referee) rule(f Frame) string {
	switch {
	case r.closed:
		return "a frame after the close frame (RFC 6455, 5.5.1)"
	case f.WrongMask && f.Key != nil:
		return "a server's frame is masked (RFC 6455, 5.1)"
	case f.WrongMask:
		return "a client's frame is not masked (RFC 6455, 5.1)"
	case f.RSV != 0 && r.inflation == nil, f.RSV&^protocol.RSV1 != 0:
		return "an RSV bit without an extension (RFC 6455, 5.2)"
	// RFC 7692, 6.1: "An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a data message."
	case f.RSV != 0 && (f.Opcode.IsControl() || f.Opcode == protocol.OpContinuation):
		return "RSV1 on a control frame or a continuation (RFC 7692, 6.1)"
	case f.Opcode.IsReserved():
		return "a reserved opcode (RFC 6455, 5.2)"
	case f.Wide > minimalWidth(uint64(len(f.Payload))):
		return "a length that is not minimal (RFC 6455, 5.2)"
	case f.Opcode.IsControl() && f.More:
		return "a fragmented control frame (RFC 6455, 5.5)"
	case f.Opcode.IsControl() && len(f.Payload) > 125:
		return "a control frame of more than 125 bytes (RFC 6455, 5.5)"
	case f.Opcode == protocol.OpContinuation && r.open == protocol.OpContinuation:
		return "a continuation of nothing (RFC 6455, 5.4)"
	case f.Opcode.IsData() && f.Opcode != protocol.OpContinuation && r.open != protocol.OpContinuation:
		return "a new message inside a fragmented one (RFC 6455, 5.4)"
	}
	return ""
}

func (r *referee) close(payload []byte) event {
	r.closed = true
	switch {
	case len(payload) == 0:
		return event{op: protocol.OpClose, code: protocol.CloseNoStatus}
	case len(payload) == 1:
		return event{broken: "a close frame of one byte (RFC 6455, 5.5.1)"}
	}
	code := binary.BigEndian.Uint16(payload)
	switch {
	case !mayTravel(code):
		return event{broken: fmt.Sprintf("close code %d, which may not travel (RFC 6455, 7.4)", code)}
	case !utf8.Valid(payload[2:]):
		return event{broken: "a close reason that is not UTF-8 (RFC 6455, 5.5.1)"}
	}
	return event{op: protocol.OpClose, code: protocol.CloseCode(code), payload: payload[2:]}
}

// mayTravel reports whether a code may stand in a close frame: RFC 6455, 7.4, and the registry that it founded.
func mayTravel(code uint16) bool {
	switch {
	case code < 1000, code > 4999:
		return false
	case code == 1004, code == 1005, code == 1006:
		return false
	case code >= 1015 && code < 3000:
		return false
	}
	return true
}
