package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// A ConnectHandshake is what a client asks of an HTTP proxy before the opening
// handshake: a tunnel to the server (RFC 6455, 4.1; RFC 9110, 9.3.6). What
// follows the proxy's answer are bytes of the server.
type ConnectHandshake struct {
	Target string // the server as "host:port"; the port is not left out
	Header Header // more fields, such as Proxy-Authorization, sent in the order of their names
}

// AppendRequest appends the request. The error is [ErrInvalidHeader] for a target
// without a host or a port, for what HTTP does not allow, such as a value with CR
// or LF, and for fields in Header that are part of the request or speak of a body;
// dst is then returned as it was.
func (h *ConnectHandshake) AppendRequest(dst []byte) ([]byte, error) {
	if !isAuthority(h.Target) {
		return dst, fmt.Errorf("%w: target %q", ErrInvalidHeader, h.Target)
	}
	if err := checkExtra(h.Header); err != nil {
		return dst, err
	}
	for name := range h.Header {
		if canonicalName(name) == "Proxy-Connection" {
			return dst, fmt.Errorf("%w: Proxy-Connection is not the caller's to set", ErrInvalidHeader)
		}
	}
	// RFC 9110, 9.3.6: "a request target consisting of only the host and port number
	// of the tunnel destination, separated by a colon". RFC 9112, 3.2: "If the
	// target URI includes an authority component, then a client MUST send a field
	// value for Host that is identical to that authority component".
	dst = append(dst, "CONNECT "+h.Target+" HTTP/1.1\r\nHost: "+h.Target+"\r\n"...)
	// Proxies of HTTP/1.0 close the connection unless they are told not to.
	dst = append(dst, "Connection: keep-alive\r\nProxy-Connection: keep-alive\r\n"...)
	dst = appendFields(dst, h.Header)
	return append(dst, "\r\n"...), nil
}

// CheckResponse judges the proxy's answer, which has no body if it is a success.
// The error is a [*HandshakeError] with the status and the header of the response.
// Interim responses (1xx) are for the caller to skip; they are no success.
func (h *ConnectHandshake) CheckResponse(r *Response) error {
	// RFC 9110, 9.3.6: "Any 2xx (Successful) response indicates that the sender ...
	// will switch to tunnel mode immediately after the response header section", and
	// "A client MUST ignore any Content-Length or Transfer-Encoding header fields
	// received in a successful response to CONNECT."
	if r.Status >= 200 && r.Status < 300 {
		return nil
	}
	return &HandshakeError{Status: r.Status, Header: r.Header, Reason: "proxy did not connect"}
}

// isAuthority reports whether s is a host and a port, of which neither is left out.
//
// RFC 9112, 3.2.3: "authority-form = uri-host ":" port".
func isAuthority(s string) bool {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || !isHost(s) || !isDigits(s[i+1:]) {
		return false
	}
	port, err := strconv.Atoi(s[i+1:])
	return err == nil && port > 0 && port < 1<<16
}
