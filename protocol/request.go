package protocol

import "strings"

// A Request is the head of an HTTP request. Header has canonical names and no
// Host, which has its own field, as in net/http.
type Request struct {
	Method string
	Target string // as it was sent
	Proto  string // such as "HTTP/1.1"
	Host   string
	Header Header

	// HasBody tells that a body is announced: by a Content-Length above 0 or by
	// a Transfer-Encoding.
	HasBody bool
}

// ParseRequest decodes the head of a request at the start of b and reports its
// size; what follows it are frames. If b ends too soon the error is [ErrShort].
//
// max limits the size of the head in bytes, 0 is [DefaultMaxHead]; more than that
// or than [MaxHeaderLines] is a [*HandshakeError] with status 431. The others
// have status 400 for what is malformed, 501 for an unknown transfer coding and
// 505 for a version that is not HTTP/1. The parser is strict: it takes the
// grammar of RFC 7230 without its concessions to old senders. It takes time in
// proportion to the length of b.
func ParseRequest(b []byte, max int) (*Request, int, error) {
	n, err := headLength(b, max)
	if err != nil {
		return nil, 0, err
	}
	first, lines := cutHead(b[:n])
	r := new(Request)
	if err := r.parseLine(first); err != nil {
		return nil, 0, err
	}
	if r.Header, err = parseFields(lines); err != nil {
		return nil, 0, err
	}
	if err := r.parseHost(); err != nil {
		return nil, 0, err
	}
	if err := r.parseBody(); err != nil {
		return nil, 0, err
	}
	return r, n, nil
}

// parseLine parses the first line.
//
// RFC 7230, 3.1.1: "request-line = method SP request-target SP HTTP-version
// CRLF".
func (r *Request) parseLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, proto, ok := strings.Cut(rest, " ")
	if !ok || !isToken(method) || !isTarget(target) || !isVersion(proto) {
		return badRequest("request line is malformed")
	}
	// RFC 7230, 5.3: "request-target = origin-form / absolute-form /
	// authority-form / asterisk-form", the last two for one method each.
	_, absolute := authority(target)
	if target[0] != '/' && !absolute && method != "CONNECT" && (method != "OPTIONS" || target != "*") {
		return badRequest("request target is malformed")
	}
	if proto[5] != '1' {
		return &HandshakeError{Status: 505, Reason: "version is not HTTP/1"}
	}
	r.Method, r.Target, r.Proto = method, target, proto
	return nil
}

// isTarget reports whether s is printable ASCII without spaces.
func isTarget(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return s != ""
}

// parseHost moves the Host from the header, or the target, into its own field.
func (r *Request) parseHost() error {
	hosts := r.Header["Host"]
	delete(r.Header, "Host")
	// RFC 7230, 5.4: "A server MUST respond with a 400 (Bad Request) status code
	// to any HTTP/1.1 request message that lacks a Host header field and to any
	// request message that contains more than one Host header field or a Host
	// header field with an invalid field-value."
	switch {
	case len(hosts) > 1:
		return badRequest("more than one Host")
	case len(hosts) == 0 && r.Proto == "HTTP/1.0":
	case len(hosts) == 0:
		return badRequest("Host is missing")
	case !isHost(hosts[0]):
		return badRequest("Host is malformed")
	default:
		r.Host = hosts[0]
	}
	// RFC 7230, 5.5: "If the request-target is in absolute-form, the effective
	// request URI is the same as the request-target", which thus names the host.
	//
	// Percent-encoding in it is legal and never meant: the one who decodes it and the one who does not would see two hosts.
	if host, ok := authority(r.Target); ok {
		if !isHost(host) || strings.Contains(host, "%") {
			return badRequest("host of the request target is malformed")
		}
		r.Host = host
	}
	return nil
}

// authority returns the host of a target in absolute-form.
func authority(target string) (host string, absolute bool) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || !isToken(scheme) {
		return "", false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest, true
}

// parseBody finds out whether a body follows. What is ambiguous is refused,
// since it would be read differently by us and by a proxy before us.
func (r *Request) parseBody() error {
	lengths, codings := r.Header["Content-Length"], r.Header["Transfer-Encoding"]
	switch {
	case len(lengths) == 0 && len(codings) == 0:
		return nil
	// RFC 7230, 3.3.3, of both together: "Such a message might indicate an attempt
	// to perform request smuggling ... and ought to be handled as an error."
	case len(lengths) > 0 && len(codings) > 0:
		return badRequest("both Content-Length and Transfer-Encoding")
	case len(lengths) > 1:
		return badRequest("more than one Content-Length")
	// RFC 7230, 3.3.2: "Content-Length = 1*DIGIT".
	case len(lengths) == 1 && !isDigits(lengths[0]):
		return badRequest("Content-Length is malformed")
	case len(lengths) == 1:
		r.HasBody = strings.Trim(lengths[0], "0") != ""
		return nil
	case len(codings) > 1 || r.Proto == "HTTP/1.0":
		return badRequest("Transfer-Encoding is malformed")
	// RFC 7230, 3.3.1: "A server that receives a request message with a transfer
	// coding it does not understand SHOULD respond with 501 (Not Implemented)."
	case !equalFold(codings[0], "chunked"):
		return &HandshakeError{Status: 501, Reason: "transfer coding is not chunked"}
	}
	r.HasBody = true
	return nil
}
