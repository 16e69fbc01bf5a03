package protocol

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A HandshakeError says why an opening handshake failed. On a server it is the
// response that the client gets; on a client it describes the response that the
// server gave.
type HandshakeError struct {
	// Status is the HTTP status: the one to answer with, or the server's. It is
	// 0 where the server's could not be read.
	Status int

	// Header holds fields for the response, or those of the server's.
	Header Header

	// Reason says what is wrong, in a sentence without capital and full stop.
	Reason string

	// Body is the body of the response, if it is not nil. Without it that is the
	// Reason, as plain text.
	Body []byte
}

// Error returns the reason and the status.
func (e *HandshakeError) Error() string {
	if e.Status == 0 {
		return "websocket: handshake: " + e.Reason
	}
	return "websocket: handshake: " + e.Reason + " (status " + strconv.Itoa(e.Status) + ")"
}

// AppendTo appends a whole HTTP/1.1 response: the status (500 if it is not that
// of a refusal, 300 or more), the fields of Header in the order of their names, and
// Body or the reason. The Content-Type is plain text, unless there is a Body and Header says otherwise.
// The connection is to be closed after it. Fields that HTTP does not allow are
// left out, so that nothing can be smuggled in.
func (e *HandshakeError) AppendTo(dst []byte) []byte {
	status := e.Status
	if status < 300 || status > 999 {
		status = 500
	}
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, statusText(status)...)
	dst = append(dst, "\r\n"...)
	// RFC 7230, 6.7: "A sender of Upgrade MUST also send an "Upgrade" connection
	// option in the Connection header field", which therefore may be in Header.
	connection := "close"
	for _, value := range e.Header.Values("Connection") {
		if isFieldValue(value) {
			connection = value + ", " + connection
		}
	}
	dst = appendField(dst, "Connection", connection)
	body, contentType := e.Body, "text/plain; charset=utf-8"
	if body == nil {
		body = []byte(e.Reason + "\n")
	} else if own := e.Header.Get("Content-Type"); own != "" && isFieldValue(own) {
		contentType = own
	}
	dst = appendField(dst, "Content-Length", strconv.Itoa(len(body)))
	dst = appendField(dst, "Content-Type", contentType)
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		if isToken(name) && !isOwnErrorField(name) {
			for _, value := range e.Header[name] {
				if isFieldValue(value) {
					dst = appendField(dst, name, value)
				}
			}
		}
	}
	dst = append(dst, "\r\n"...)
	return append(dst, body...)
}

// isOwnErrorField reports whether AppendTo writes the field itself.
func isOwnErrorField(name string) bool {
	switch canonicalName(name) {
	case "Connection", "Content-Length", "Content-Type", "Transfer-Encoding":
		return true
	}
	return false
}

// statusText returns the reason phrase of the statuses that a refused handshake
// can have, and a general one for the rest.
func statusText(status int) string {
	switch status {
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 426:
		return "Upgrade Required"
	case 429:
		return "Too Many Requests"
	case 431:
		return "Request Header Fields Too Large"
	case 500:
		return "Internal Server Error"
	case 501:
		return "Not Implemented"
	case 503:
		return "Service Unavailable"
	case 505:
		return "HTTP Version Not Supported"
	}
	return "Status " + strconv.Itoa(status)
}

// badRequest is a refusal with status 400.
func badRequest(reason ...string) error {
	return &HandshakeError{Status: 400, Reason: strings.Join(reason, "")}
}
