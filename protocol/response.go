package protocol

import (
	"errors"
	"strconv"
	"strings"
)

// A Response is the head of an HTTP response.
type Response struct {
	Proto  string // such as "HTTP/1.1"
	Status int
	Reason string // the reason phrase, which may be empty
	Header Header
}

// ParseResponse decodes the head of a response at the start of b and reports its
// size; what follows it are frames, or the body of a refusal. If b ends too soon
// the error is [ErrShort], otherwise a [*HandshakeError] with the response's
// status, or 0 where that could not be read. max and the grammar are those of
// [ParseRequest].
func ParseResponse(b []byte, max int) (*Response, int, error) {
	n, err := headLength(b, max)
	if err == ErrShort {
		return nil, 0, ErrShort
	}
	if err != nil {
		return nil, 0, fromServer(0, err)
	}
	first, lines := cutHead(b[:n])
	r := new(Response)
	if err := r.parseLine(first); err != nil {
		return nil, 0, err
	}
	if r.Header, err = parseFields(lines); err != nil {
		return nil, 0, fromServer(r.Status, err)
	}
	return r, n, nil
}

// parseLine parses the first line.
//
// RFC 7230, 3.1.2: "status-line = HTTP-version SP status-code SP reason-phrase
// CRLF", "reason-phrase = *( HTAB / SP / VCHAR / obs-text )". Servers that leave
// out an empty phrase leave out the space before it, too.
func (r *Response) parseLine(line string) error {
	proto, rest, _ := strings.Cut(line, " ")
	status, reason, _ := strings.Cut(rest, " ")
	if !isVersion(proto) || proto[5] != '1' {
		return &HandshakeError{Reason: "response is not HTTP/1"}
	}
	if len(status) != 3 || !isDigits(status) || status[0] == '0' || !isFieldValue(reason) {
		return &HandshakeError{Reason: "status line is malformed"}
	}
	r.Proto, r.Reason = proto, reason
	r.Status, _ = strconv.Atoi(status)
	return nil
}

// fromServer gives a finding about a head the status of the response.
func fromServer(status int, err error) error {
	var e *HandshakeError
	errors.As(err, &e)
	return &HandshakeError{Status: status, Reason: "response: " + e.Reason}
}
