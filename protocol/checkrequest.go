package protocol

import (
	"slices"
	"strconv"
	"strings"
)

// An Offer is what a client asks for in a valid opening handshake.
type Offer struct {
	Key          string      // for [AcceptKey] and [AppendResponse]
	Subprotocols []string    // subprotocols in the client's order of preference
	Extensions   []Extension // in the client's order of preference

	// Version is that of WebSocket: 13, or 7 or 8 from [CheckDraftRequest].
	Version int

	// Origin is where the page that asks comes from, "" if the client does not
	// say. It is nothing but what was sent: several that differ are joined by
	// ", ", which no origin contains.
	Origin string
}

// CheckRequest judges whether r is a valid opening handshake (RFC 6455, 4.2.1).
// r may come from [ParseRequest] or from net/http; to judge its Origin is left to
// the caller. The error is a [*HandshakeError], the first of these:
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
func CheckRequest(r *Request) (*Offer, error) { return checkVersions(r, 13) }

// CheckDraftRequest is [CheckRequest] for servers that also accept versions 7 and
// 8, which the drafts of the RFC had (draft-ietf-hybi-thewebsocketprotocol-07 to
// -12): browsers of 2011 send them. Frames and the response are the same as those
// of 13. The Offer tells the version.
func CheckDraftRequest(r *Request) (*Offer, error) { return checkVersions(r, 13, 8, 7) }

// CheckUpgrade judges what requests have in common that ask for any version of
// WebSocket: it is the first five checks of [CheckRequest], and its errors are
// theirs.
func CheckUpgrade(r *Request) error {
	if err := checkHTTP(r); err != nil {
		return err
	}
	return checkUpgrade(r)
}

// checkVersions is CheckRequest for those versions.
func checkVersions(r *Request, versions ...int) (*Offer, error) {
	if err := CheckUpgrade(r); err != nil {
		return nil, err
	}
	version, err := checkVersion(r, versions)
	if err != nil {
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
	return &Offer{
		Key: keys[0], Subprotocols: protocols, Extensions: extensions,
		Version: version, Origin: originOf(r, version),
	}, nil
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

// checkUpgrade judges whether r asks for WebSocket.
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
	return nil
}

// checkVersion returns the version of WebSocket that r asks for.
//
// RFC 6455, 4.2.2: "If this version does not match a version understood by the
// server, the server MUST abort the WebSocket handshake described in this section
// and instead send an appropriate HTTP error code (such as 426 Upgrade Required)
// and a |Sec-WebSocket-Version| header field indicating the version(s) the server
// is capable of understanding."
func checkVersion(r *Request, versions []int) (int, error) {
	names := make([]string, len(versions))
	for i, version := range versions {
		names[i] = strconv.Itoa(version)
	}
	if asked := r.Header["Sec-Websocket-Version"]; len(asked) == 1 {
		if i := slices.Index(names, asked[0]); i >= 0 {
			return versions[i], nil
		}
	}
	return 0, &HandshakeError{
		Status: 426,
		Header: Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
			"Sec-Websocket-Version": {strings.Join(names, ", ")},
		},
		Reason: "Sec-WebSocket-Version is not " + strings.Join(names, ", "),
	}
}

// originOf returns the origin in r.
//
// The drafts up to draft-ietf-hybi-thewebsocketprotocol-10 have it in
// Sec-WebSocket-Origin, those from -11 on, still version 8, in Origin. A client
// that sends both, with different values, has no origin that can be trusted.
func originOf(r *Request, version int) string {
	values := slices.Clone(r.Header["Origin"])
	if version < 13 {
		values = append(values, r.Header["Sec-Websocket-Origin"]...)
	}
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
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
