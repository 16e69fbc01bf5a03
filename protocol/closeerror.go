package protocol

// A CloseError is the ending of a connection as an error. Errors of this package
// that are close errors are always of type *CloseError, for [errors.As].
type CloseError struct {
	Code   CloseCode
	Reason string // valid UTF-8, at most 123 bytes if it travelled

	// FromPeer tells whether the peer said this in its close frame, or whether
	// it is our own finding (which we may then tell the peer). A peer that answers
	// our close frame says it, too: where both ends have closed in good order, it is
	// true at both, and tells nothing of who was first.
	FromPeer bool

	// Err is what lies behind an ending that is our own finding, such as the error of
	// the network, or nil. Error prints it, but it never travels: the peer is told Code and Reason.
	Err error
}

// Unwrap returns e.Err.
func (e *CloseError) Unwrap() error { return e.Err }

// Error returns who closed, the code, the reason and what lies behind it, such as
// "websocket: closed by peer: 1001 going away: see you".
func (e *CloseError) Error() string {
	s := "websocket: closed: "
	if e.FromPeer {
		s = "websocket: closed by peer: "
	}
	s += e.Code.String()
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// violation is our finding that the peer broke the rule of the given section of
// RFC 6455.
func violation(code CloseCode, section, what string) error {
	return &CloseError{Code: code, Reason: what + " (RFC 6455, " + section + ")"}
}

func protocolError(section, what string) error {
	return violation(CloseProtocolError, section, what)
}
