package protocol

// An Offer is what a client asks for in a valid opening handshake.
type Offer struct {
	Key          string      // for [AcceptKey] and [AppendResponse]
	Subprotocols []string    // subprotocols in the client's order of preference
	Extensions   []Extension // in the client's order of preference
}

// CheckRequest judges whether r is a valid opening handshake (RFC 6455, 4.2.1).
// r may come from [ParseRequest] or from net/http; its Origin is left to the
// caller. The error is a [*HandshakeError], the first of these:
//
//	431  there are more than [MaxHeaderLines] header fields
//	505  the version is below HTTP/1.1, or not HTTP/1
//	400  Host is missing or malformed
//	405  the method is not GET (with Allow)
//	426  Upgrade does not name websocket, or Connection not upgrade (with both)
//	400  there is a body
//	426  the version of WebSocket is not 13 (with Sec-WebSocket-Version)
//	400  key, subprotocols or extensions are malformed
//
// The version of WebSocket comes before what it gives a meaning to. That makes
// 426 and 405 apt for a request that wants something else here, and 400 for a
// client that does not do as the RFC says.
func CheckRequest(r *Request) (*Offer, error) {
	if err := checkHTTP(r); err != nil {
		return nil, err
	}
	if err := checkUpgrade(r); err != nil {
		return nil, err
	}
	keys := r.Header["Sec-Websocket-Key"]
	// RFC 6455, 4.2.1: "A |Sec-WebSocket-Key| header field with a base64-encoded
	// ... value that, when decoded, is 16 bytes in length."
	if len(keys) == 0 {
		return nil, badRequest("Sec-WebSocket-Key is missing")
	}
	// RFC 6455, 11.3.1: "The |Sec-WebSocket-Key| header field MUST NOT appear more
	// than once in an HTTP request."
	if len(keys) > 1 {
		return nil, badRequest("more than one Sec-WebSocket-Key")
	}
	if !isKey(keys[0]) {
		return nil, badRequest("Sec-WebSocket-Key is not 16 bytes in base64")
	}
	protocols, err := parseProtocols(r.Header["Sec-Websocket-Protocol"])
	if err != nil {
		return nil, err
	}
	extensions, err := ParseExtensions(r.Header["Sec-Websocket-Extensions"])
	if err != nil {
		return nil, err
	}
	return &Offer{Key: keys[0], Subprotocols: protocols, Extensions: extensions}, nil
}

// checkHTTP judges what any request to this place has to be.
func checkHTTP(r *Request) error {
	fields := 0
	for _, values := range r.Header {
		fields += len(values)
	}
	// RFC 6585, 5: 431 "can be used both when the set of request header fields in total is too large".
	// net/http counts their bytes alone.
	if fields > MaxHeaderLines {
		return &HandshakeError{Status: 431, Reason: "too many header fields"}
	}
	// RFC 6455, 4.2.1: "An HTTP/1.1 or higher GET request, including a
	// "Request-URI"". Higher versions that are not HTTP/1 have no Upgrade.
	if !isVersion(r.Proto) || r.Proto[5] != '1' || r.Proto == "HTTP/1.0" {
		return &HandshakeError{Status: 505, Reason: "WebSocket needs HTTP/1.1"}
	}
	// RFC 6455, 4.2.1: "A |Host| header field containing the server's authority."
	if r.Host == "" {
		return badRequest("Host is missing")
	}
	if !isHost(r.Host) {
		return badRequest("Host is malformed")
	}
	if r.Method != "GET" {
		return &HandshakeError{
			Status: 405,
			Header: Header{"Allow": {"GET"}},
			Reason: "method is not GET",
		}
	}
	return nil
}

// checkUpgrade judges whether r asks for the WebSocket that we speak.
func checkUpgrade(r *Request) error {
	// RFC 6455, 4.2.1: "An |Upgrade| header field containing the value
	// "websocket", treated as an ASCII case-insensitive value."
	if !r.Header.Has("Upgrade", "websocket") {
		return upgradeRequired("Upgrade does not name websocket")
	}
	// RFC 6455, 4.2.1: "A |Connection| header field that includes the token
	// "Upgrade", treated as an ASCII case-insensitive value."
	if !r.Header.Has("Connection", "upgrade") {
		return upgradeRequired("Connection does not name upgrade")
	}
	// Frames begin where the head ends. A body in between would be read as
	// frames by us, or frames as a body by a proxy.
	if r.HasBody {
		return badRequest("opening handshake has a body")
	}
	// RFC 6455, 4.2.2: "If this version does not match a version understood by the
	// server, the server MUST abort the WebSocket handshake described in this
	// section and instead send an appropriate HTTP error code (such as 426 Upgrade
	// Required) and a |Sec-WebSocket-Version| header field indicating the
	// version(s) the server is capable of understanding."
	if versions := r.Header["Sec-Websocket-Version"]; len(versions) != 1 || versions[0] != "13" {
		return &HandshakeError{
			Status: 426,
			Header: Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
			Reason: "Sec-WebSocket-Version is not 13",
		}
	}
	return nil
}

// upgradeRequired is a refusal with status 426.
//
// RFC 7231, 6.5.15: "The server MUST send an Upgrade header field in a 426
// response to indicate the required protocol(s)".
func upgradeRequired(reason string) error {
	return &HandshakeError{
		Status: 426,
		Header: Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}},
		Reason: reason,
	}
}
