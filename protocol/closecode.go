package protocol

import "strconv"

// A CloseCode says why a connection ends (RFC 6455, 7.4).
type CloseCode uint16

// The close codes of RFC 6455, 7.4.1, and of the registry it founded.
const (
	CloseNormal             CloseCode = 1000
	CloseGoingAway          CloseCode = 1001
	CloseProtocolError      CloseCode = 1002
	CloseUnsupportedData    CloseCode = 1003
	CloseNoStatus           CloseCode = 1005 // never on the wire: the close frame had no code
	CloseAbnormal           CloseCode = 1006 // never on the wire: there was no close frame
	CloseInvalidPayload     CloseCode = 1007
	ClosePolicyViolation    CloseCode = 1008
	CloseMessageTooBig      CloseCode = 1009
	CloseMandatoryExtension CloseCode = 1010
	CloseInternalError      CloseCode = 1011
	CloseServiceRestart     CloseCode = 1012
	CloseTryAgainLater      CloseCode = 1013
	CloseBadGateway         CloseCode = 1014
	CloseTLSHandshake       CloseCode = 1015 // never on the wire: TLS failed
)

// IsSendable reports whether c may stand in a close frame: 1000 to 1003, 1007
// to 1014 and 3000 to 4999.
//
// RFC 6455, 7.4.1, says of 1005, 1006 and 1015 that each "MUST NOT be set as a
// status code in a Close control frame by an endpoint"; 7.4.2 leaves 3000-3999
// to libraries and frameworks, 4000-4999 to private use, and the rest undefined.
// 1012 to 1014 were registered later.
func (c CloseCode) IsSendable() bool {
	return c >= 1000 && c <= 1003 || c >= 1007 && c <= 1014 || c >= 3000 && c <= 4999
}

// String returns the number and, if the code has one, its name: "1002 protocol
// error", "4001".
func (c CloseCode) String() string {
	number := strconv.Itoa(int(c))
	if name := c.name(); name != "" {
		return number + " " + name
	}
	return number
}

func (c CloseCode) name() string {
	switch c {
	case CloseNormal:
		return "normal closure"
	case CloseGoingAway:
		return "going away"
	case CloseProtocolError:
		return "protocol error"
	case CloseUnsupportedData:
		return "unsupported data"
	case CloseNoStatus:
		return "no status received"
	case CloseAbnormal:
		return "abnormal closure"
	case CloseInvalidPayload:
		return "invalid payload data"
	case ClosePolicyViolation:
		return "policy violation"
	case CloseMessageTooBig:
		return "message too big"
	case CloseMandatoryExtension:
		return "mandatory extension"
	case CloseInternalError:
		return "internal error"
	case CloseServiceRestart:
		return "service restart"
	case CloseTryAgainLater:
		return "try again later"
	case CloseBadGateway:
		return "bad gateway"
	case CloseTLSHandshake:
		return "TLS handshake"
	}
	return ""
}
