package upgrade

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Rejection says why a request does not become a WebSocket connection, and with what response. It is
// what [Upgrader.Check] returns, and what a handler factory returns to refuse.
type Rejection struct {
	Status int         // of the response, such as http.StatusForbidden; 0 is 500
	Header http.Header // added to the response; may be nil
	Reason string      // the body of the response, in plain text

	cause error
}

// Unwrap returns what lies behind the rejection, such as the error of a ResponseWriter that cannot be taken
// over, or nil. The client is not told.
func (j *Rejection) Unwrap() error { return j.cause }

// Reject returns a Rejection as an error.
func Reject(status int, reason string) error {
	return &Rejection{Status: status, Reason: reason}
}

// Error returns the status and the reason.
func (j *Rejection) Error() string {
	text := fmt.Sprintf("upgrade: %d %s", j.status(), http.StatusText(j.status()))
	switch {
	case j.cause != nil:
		text += ": " + j.cause.Error()
	case j.Reason != "":
		text += ": " + j.Reason
	}
	return text
}

func (j *Rejection) status() int {
	if j.Status == 0 {
		return http.StatusInternalServerError
	}
	return j.Status
}

// written returns the status that is answered: a refusal's, below which and above 999 there is none.
func (j *Rejection) written() int {
	if status := j.status(); status >= 300 && status <= 999 {
		return status
	}
	return http.StatusInternalServerError
}

// ServeHTTP writes the rejection as a response, in plain text. A status that is none of a refusal, below 300 or above
// 999, is written as 500.
func (j *Rejection) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for name, values := range j.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values) // the caller may add to its own
	}
	if r.ContentLength != 0 {
		h.Set("Connection", "close") // or net/http waits for the body before it answers
		// Then it reads what comes of the body, so that the answer can be read; without a deadline, for ever.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingering))
	}
	status, reason := j.written(), j.Reason
	if status != j.status() {
		reason = ""
	}
	if reason == "" {
		reason = http.StatusText(status)
	}
	http.Error(w, reason, status)
}

func rejectionOf(e *protocol.HandshakeError) *Rejection {
	return &Rejection{Status: e.Status, Header: http.Header(e.Header), Reason: e.Reason}
}
