package upgrade

import "net/http"

// A RefusedError is what [Dialer.Dial] returns when the server has answered and there is no connection: it did not
// switch protocols, or did so wrongly. It is no [Rejection]: a handler that dials another server and fails with
// this error does not pass on to its own client what that server has said. The body is in the response that Dial
// returns beside it, up to 64 KiB of it.
type RefusedError struct {
	Status int         // of the response; of one that cannot be read, 0
	Header http.Header // of the response, with what may be another's secrets, such as cookies
	Reason string      // what is wrong with the response

	cause error
	text  string
}

// Error returns the status and what is wrong, and how the response's body begins.
func (e *RefusedError) Error() string { return e.text }

// Unwrap returns what lies behind the refusal, such as why a redirect was not followed, or nil.
func (e *RefusedError) Unwrap() error { return e.cause }
