package protocol

import (
	"bytes"
	"strings"
)

const (
	// DefaultMaxHead is the limit on the bytes of a request's or response's
	// head where none is set: 64 KiB.
	DefaultMaxHead = 64 << 10

	// MaxHeaderLines is the number of header lines that a head may have.
	MaxHeaderLines = 256
)

// headLength returns the length of the head at the start of b, with the empty
// line that ends it. It reads each byte once, and none behind the limit.
func headLength(b []byte, limit int) (int, error) {
	if limit <= 0 {
		limit = DefaultMaxHead
	}
	window := b[:min(len(b), limit)]
	for at, lines := 0, 0; ; lines++ {
		i := bytes.IndexByte(window[at:], '\n')
		switch {
		case i < 0 && len(b) >= limit:
			return 0, &HandshakeError{Status: 431, Reason: "head is too long"}
		case i < 0:
			return 0, ErrShort
		// RFC 7230, 3: a start-line, "*( header-field CRLF )" and a CRLF.
		case i == 0 || window[at+i-1] != '\r':
			return 0, badRequest("line does not end with CR LF")
		case i == 1 && lines == 0:
			return 0, badRequest("first line is empty")
		case i == 1:
			return at + 2, nil
		case lines > MaxHeaderLines:
			return 0, &HandshakeError{Status: 431, Reason: "too many header lines"}
		}
		at += i + 1
	}
}

// parseFields parses header lines, each of which ends with CR LF.
func parseFields(lines string) (Header, error) {
	h := make(Header)
	for lines != "" {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		// RFC 7230, 3.2.4: "A server that receives an obs-fold in a request
		// message that is not within a message/http container MUST either reject
		// the message by sending a 400 (Bad Request) ... or replace" the fold.
		if line[0] == ' ' || line[0] == '\t' {
			return nil, badRequest("header line is folded")
		}
		name, value, ok := strings.Cut(line, ":")
		// RFC 7230, 3.2.4: "A server MUST reject any received request message that
		// contains whitespace between a header field-name and colon with a
		// response code of 400 (Bad Request)." A space is not part of a token.
		if !ok || !isToken(name) {
			return nil, badRequest("header line has no valid name")
		}
		if value = trimSpace(value); !isFieldValue(value) {
			return nil, badRequest("value of ", canonicalName(name), " has a control character")
		}
		h.Add(name, value)
	}
	return h, nil
}

// cutHead splits a head into its first line and its header lines.
func cutHead(head []byte) (first, lines string) {
	first, lines, _ = strings.Cut(string(head[:len(head)-2]), "\r\n")
	return first, lines
}

// isVersion reports whether proto is an HTTP version.
//
// RFC 7230, 2.6: "HTTP-version = HTTP-name "/" DIGIT "." DIGIT".
func isVersion(proto string) bool {
	return len(proto) == 8 && proto[:5] == "HTTP/" && isDigits(proto[5:6]) && proto[6] == '.' && isDigits(proto[7:])
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
