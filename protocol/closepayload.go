package protocol

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// MaxCloseReason is the longest reason, in bytes, that a close frame can carry
// beside its code.
const MaxCloseReason = MaxControlPayload - 2

// ParseClosePayload decodes the unmasked payload of a close frame. An empty one
// is [CloseNoStatus] without a reason. A payload of one byte and a code that may
// not be sent are a [*CloseError] with code 1002, a reason that is not UTF-8 one
// with code 1007. The length of p is not judged. The result does not refer to p.
func ParseClosePayload(p []byte) (code CloseCode, reason string, err error) {
	if len(p) == 0 {
		// RFC 6455, 7.1.5: "If this Close control frame contains no status code,
		// _The WebSocket Connection Close Code_ is considered to be 1005."
		return CloseNoStatus, "", nil
	}
	// RFC 6455, 5.5.1: "If there is a body, the first two bytes of the body MUST
	// be a 2-byte unsigned integer (in network byte order) representing a status
	// code".
	if len(p) == 1 {
		return 0, "", protocolError("5.5.1", "close payload is one byte long")
	}
	code = CloseCode(binary.BigEndian.Uint16(p))
	// RFC 6455, 7.4: the codes that may stand here, see IsSendable.
	if !code.IsSendable() {
		return 0, "", protocolError("7.4", fmt.Sprintf("close code %d may not be sent", uint16(code)))
	}
	// RFC 6455, 5.5.1: "Following the 2-byte integer, the body MAY contain
	// UTF-8-encoded data with value /reason/".
	if !utf8.Valid(p[2:]) {
		return 0, "", violation(CloseInvalidPayload, "5.5.1", "close reason is not UTF-8")
	}
	return code, string(p[2:]), nil
}

// AppendClosePayload appends the payload of a close frame to dst. With
// [CloseNoStatus] the payload is empty, and reason must be. A reason longer than
// [MaxCloseReason] is cut where a character ends. The error is
// [ErrInvalidClose] for a code that may not be sent or a reason that is not
// UTF-8; dst is then returned as it was.
func AppendClosePayload(dst []byte, code CloseCode, reason string) ([]byte, error) {
	if code == CloseNoStatus {
		if reason != "" {
			return dst, fmt.Errorf("%w: a reason needs a code", ErrInvalidClose)
		}
		return dst, nil
	}
	if !code.IsSendable() {
		return dst, fmt.Errorf("%w: code %d may not be sent", ErrInvalidClose, uint16(code))
	}
	if !utf8.ValidString(reason) {
		return dst, fmt.Errorf("%w: reason is not UTF-8", ErrInvalidClose)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, cutReason(reason)...), nil
}

// cutReason returns the longest prefix of a valid reason that fits into a close
// frame and ends where a character ends.
func cutReason(reason string) string {
	if len(reason) <= MaxCloseReason {
		return reason
	}
	end := MaxCloseReason
	for !utf8.RuneStart(reason[end]) {
		end--
	}
	return reason[:end]
}
