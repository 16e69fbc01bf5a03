package hixie

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// A ClientHandshake is what a client asks for, and against which it checks the answer.
type ClientHandshake struct {
	Version     Version
	Host        string // with the port, if that is not the scheme's default
	Target      string // path and query; "" is "/"
	Secure      bool   // whether the URL is a wss URL
	Origin      string // of the page, such as "http://example.com"; both drafts require one
	Subprotocol string // or ""
	Keys        *Keys  // of hixie-76; nil for fresh ones
}

// client is a handshake under way.
type client struct {
	want   Offer // what the answer has to repeat
	digest [digestSize]byte
	head   []byte
}

// NewClient returns the client's end of a connection. The request is in [Conn.Output]. The error is
// [protocol.ErrInvalidHeader] for what the drafts or HTTP do not allow.
func NewClient(h *ClientHandshake, cfg Config) (*Conn, error) {
	target := h.Target
	if target == "" {
		target = "/"
	}
	// A host and a target that RFC 6455 allows, too.
	ask := protocol.ClientHandshake{Host: h.Host, Target: target, Key: protocol.NewKey()}
	if _, err := ask.AppendRequest(nil); err != nil {
		return nil, err
	}
	want := Offer{Version: h.Version, Origin: h.Origin, Location: "ws://" + h.Host + target, Subprotocol: h.Subprotocol}
	if h.Secure {
		want.Location = "wss" + strings.TrimPrefix(want.Location, "ws")
	}
	switch {
	case h.Version != Hixie75 && h.Version != Hixie76:
		return nil, fmt.Errorf("%w: version %d", protocol.ErrInvalidHeader, h.Version)
	case h.Origin == "":
		return nil, fmt.Errorf("%w: no origin", protocol.ErrInvalidHeader)
	}
	if err := want.check(); err != nil {
		return nil, err
	}
	c := newConn(h.Version, cfg)
	c.client = &client{want: want}
	out := "GET " + target + " HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: " + h.Host + "\r\nOrigin: " + h.Origin + "\r\n"
	if h.Subprotocol != "" {
		out += h.Version.prefix() + "WebSocket-Protocol: " + h.Subprotocol + "\r\n"
	}
	if h.Version == Hixie75 {
		c.out = []byte(out + "\r\n")
		return c, nil
	}
	keys := h.Keys
	if keys == nil {
		keys = NewKeys()
	}
	if err := want.readKeys(protocol.Header{"Sec-Websocket-Key1": {keys.Key1}, "Sec-Websocket-Key2": {keys.Key2}}); err != nil ||
		!isFieldValue(keys.Key1) || !isFieldValue(keys.Key2) {
		return nil, fmt.Errorf("%w: keys %q and %q", protocol.ErrInvalidHeader, keys.Key1, keys.Key2)
	}
	c.client.digest = digest(want.numbers, keys.Body)
	out += "Sec-WebSocket-Key1: " + keys.Key1 + "\r\nSec-WebSocket-Key2: " + keys.Key2 + "\r\n\r\n"
	c.out = append([]byte(out), keys.Body[:]...)
	return c, nil
}

// takeHead collects the head of the answer, and judges it.
func (c *Conn) takeHead(b []byte) (n int, err error) {
	const end = "\r\n\r\n"
	h := c.client
	before := len(h.head)
	n = min(len(b), protocol.DefaultMaxHead-before)
	h.head = append(h.head, b[:n]...)
	from := max(0, before-len(end)+1)
	if at := bytes.Index(h.head[from:], []byte(end)); at >= 0 {
		h.head = h.head[:from+at+len(end)]
		n = len(h.head) - before
	} else if len(h.head) < protocol.DefaultMaxHead {
		return n, nil
	}
	r, _, err := protocol.ParseResponse(h.head, protocol.DefaultMaxHead)
	if errors.Is(err, protocol.ErrShort) {
		err = &protocol.HandshakeError{Reason: "answer is too long"}
	}
	if err != nil {
		return n, err
	}
	if reason := h.refusal(r); reason != "" {
		return n, &protocol.HandshakeError{Status: r.Status, Header: r.Header, Reason: reason}
	}
	h.head = nil
	c.stage = atDigest
	if c.version == Hixie75 {
		c.open()
	}
	return n, nil
}

// refusal says why r does not switch to WebSocket, "" if it does.
func (h *client) refusal(r *protocol.Response) string {
	switch {
	case r.Status != 101:
		return "server did not switch protocols"
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		return "Upgrade is not WebSocket"
	case !r.Header.Has("Connection", "upgrade"):
		return "Connection does not name upgrade"
	}
	// The server has to know who asks, and for what: a server of another protocol could be made to repeat less.
	prefix := h.want.Version.prefix() + "WebSocket-"
	for _, field := range [][2]string{{"Origin", h.want.Origin}, {"Location", h.want.Location}} {
		if values := r.Header.Values(prefix + field[0]); len(values) != 1 || values[0] != field[1] {
			return prefix + field[0] + " is not ours"
		}
	}
	if values := r.Header.Values(prefix + "Protocol"); len(values) > 1 || len(values) == 1 && values[0] != h.want.Subprotocol {
		return "subprotocol was not offered"
	}
	return ""
}

// takeDigest compares the sixteen bytes behind the answer.
func (c *Conn) takeDigest(b []byte) (n int, err error) {
	n = min(len(b), digestSize-len(c.body))
	c.body = append(c.body, b[:n]...)
	if len(c.body) < digestSize {
		return n, nil
	}
	if [digestSize]byte(c.body) != c.client.digest {
		return n, &protocol.HandshakeError{Status: 101, Reason: "digest does not answer our keys"}
	}
	c.open()
	return n, nil
}
