package protocol

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A ClientHandshake is what a client asks for, and against which it checks the
// answer.
type ClientHandshake struct {
	Host         string      // with the port, if that is not the scheme's default
	Target       string      // path and query; "" is "/"
	Key          string      // from [NewKey]
	Subprotocols []string    // subprotocols in order of preference
	Extensions   []Extension // in order of preference
	Header       Header      // more fields, sent in the order of their names

	// Version is that of WebSocket: 13, for which 0 stands, or a draft's, 8 or 7.
	// With those an Origin in Header is sent as Sec-WebSocket-Origin.
	Version int
}

// AppendRequest appends the request (RFC 6455, 4.1). The error is
// [ErrInvalidHeader] for what HTTP does not allow, such as a value with CR or LF,
// and for fields in Header that are part of the handshake or speak of a body; dst
// is then returned as it was.
func (h *ClientHandshake) AppendRequest(dst []byte) ([]byte, error) {
	target := h.Target
	if target == "" {
		target = "/"
	}
	switch {
	case target[0] != '/' || !isTarget(target):
		return dst, fmt.Errorf("%w: target %q", ErrInvalidHeader, target)
	case !isHost(h.Host):
		return dst, fmt.Errorf("%w: host %q", ErrInvalidHeader, h.Host)
	case !isKey(h.Key):
		return dst, fmt.Errorf("%w: key %q", ErrInvalidHeader, h.Key)
	case h.Version != 0 && h.Version != 13 && h.Version != 8 && h.Version != 7:
		return dst, fmt.Errorf("%w: version %d", ErrInvalidHeader, h.Version)
	}
	if err := checkProtocols(h.Subprotocols); err != nil {
		return dst, err
	}
	if err := checkExtra(h.Header); err != nil {
		return dst, err
	}
	extensions, err := AppendExtensions(nil, h.Extensions)
	if err != nil {
		return dst, err
	}
	dst = append(dst, "GET "+target+" HTTP/1.1\r\nHost: "+h.Host+"\r\n"...)
	dst = append(dst, "Upgrade: websocket\r\nConnection: Upgrade\r\n"...)
	dst = appendField(dst, "Sec-WebSocket-Key", h.Key)
	dst = appendField(dst, "Sec-WebSocket-Version", strconv.Itoa(cmp.Or(h.Version, 13)))
	if len(h.Subprotocols) > 0 {
		dst = appendField(dst, "Sec-WebSocket-Protocol", strings.Join(h.Subprotocols, ", "))
	}
	if len(extensions) > 0 {
		dst = appendField(dst, "Sec-WebSocket-Extensions", string(extensions))
	}
	dst = appendFields(dst, h.fields())
	return append(dst, "\r\n"...), nil
}

// fields returns Header as it is sent.
func (h *ClientHandshake) fields() Header {
	if cmp.Or(h.Version, 13) == 13 {
		return h.Header
	}
	fields := make(Header, len(h.Header))
	for name, values := range h.Header {
		if canonicalName(name) == "Origin" {
			name = "Sec-WebSocket-Origin"
		}
		fields[name] = values
	}
	return fields
}

// CheckResponse judges the answer to h and returns the subprotocol and the
// extensions that the server chose. No subprotocol is a legal choice; whether the
// caller can live with it, and with the parameters of the extensions, is left to
// the caller. The error is a [*HandshakeError] with the status and the header of
// the response.
func (h *ClientHandshake) CheckResponse(r *Response) (protocol string, ext []Extension, err error) {
	if reason := h.refusal(r); reason != "" {
		return "", nil, &HandshakeError{Status: r.Status, Header: r.Header, Reason: reason}
	}
	protocols := r.Header["Sec-Websocket-Protocol"]
	// RFC 6455, 4.1: "If the response includes a |Sec-WebSocket-Protocol| header
	// field and this header field indicates the use of a subprotocol that was not
	// present in the client's handshake (the server has indicated a subprotocol
	// not requested by the client), the client MUST _Fail the WebSocket
	// Connection_."
	for _, name := range protocols {
		if len(protocols) > 1 || !slices.Contains(h.Subprotocols, name) {
			return "", nil, &HandshakeError{Status: r.Status, Header: r.Header, Reason: "subprotocol was not offered"}
		}
		protocol = name
	}
	ext, err = ParseExtensions(r.Header["Sec-Websocket-Extensions"])
	if err != nil {
		return "", nil, &HandshakeError{Status: r.Status, Header: r.Header, Reason: "Sec-WebSocket-Extensions is malformed"}
	}
	// RFC 6455, 4.1: "If the response includes a |Sec-WebSocket-Extensions| header
	// field and this header field indicates the use of an extension that was not
	// present in the client's handshake (the server has indicated an extension not
	// requested by the client), the client MUST _Fail the WebSocket Connection_."
	for _, e := range ext {
		if !slices.ContainsFunc(h.Extensions, func(o Extension) bool { return o.Name == e.Name }) {
			return "", nil, &HandshakeError{Status: r.Status, Header: r.Header, Reason: "extension was not offered"}
		}
	}
	return protocol, ext, nil
}

// refusal says why r does not switch to WebSocket, "" if it does.
func (h *ClientHandshake) refusal(r *Response) string {
	upgrade, accept := r.Header["Upgrade"], r.Header["Sec-Websocket-Accept"]
	switch {
	// RFC 6455, 4.1: "If the status code received from the server is not 101, the
	// client handles the response per HTTP [RFC2616] procedures."
	case r.Status != 101:
		return "server did not switch protocols"
	// RFC 6455, 4.1: "If the response lacks an |Upgrade| header field or the
	// |Upgrade| header field contains a value that is not an ASCII case-insensitive
	// match for the value "websocket", the client MUST _Fail the WebSocket
	// Connection_."
	case len(upgrade) != 1 || !equalFold(upgrade[0], "websocket"):
		return "Upgrade is not websocket"
	// RFC 6455, 4.1: "If the response lacks a |Connection| header field or the
	// |Connection| header field doesn't contain a token that is an ASCII
	// case-insensitive match for the value "Upgrade", the client MUST _Fail the
	// WebSocket Connection_."
	case !r.Header.Has("Connection", "upgrade"):
		return "Connection does not name upgrade"
	// RFC 6455, 4.1: "If the response lacks a |Sec-WebSocket-Accept| header field
	// or the |Sec-WebSocket-Accept| contains a value other than the base64-encoded
	// SHA-1 of the concatenation of the |Sec-WebSocket-Key| ... but ignoring any
	// leading and trailing whitespace, the client MUST _Fail the WebSocket
	// Connection_."
	case len(accept) != 1 || trimSpace(accept[0]) != AcceptKey(h.Key):
		return "Sec-WebSocket-Accept does not answer our key"
	}
	return ""
}
