package driver

import (
	"errors"
	"slices"

	"github.com/wsflow/wsflow/protocol"
)

// NewServer returns the server's end of a connection. What it receives begins with
// the first byte of the client's request; if somebody else has read the request,
// [Conn.ReceiveRequest] takes it. The error is [ErrInvalidConfig].
func NewServer(cfg Config) (*Conn, error) {
	if err := cfg.check(protocol.Server); err != nil {
		return nil, err
	}
	c := &Conn{role: protocol.Server, cfg: cfg}
	c.sending.writer.Init(protocol.Server, nil)
	return c, nil
}

// IsWebSocket reports whether a request asks for a WebSocket: GET, with a
// Connection that names upgrade and an Upgrade that names websocket, in whatever
// case. Whether it does so correctly is for [protocol.CheckRequest] to say.
func IsWebSocket(r *protocol.Request) bool {
	return r.Method == "GET" && r.Header.Has("Connection", "upgrade") && r.Header.Has("Upgrade", "websocket")
}

// ReceiveRequest takes a request that somebody else has read, such as an HTTP
// server; what is received is then what follows its head. Our answer is part of
// the output all the same. r must not be changed afterwards.
//
// A request that is no opening handshake is refused, as one that was received as
// bytes would be. The error is [ErrHandshake] on a client, and on a server that has
// received something already.
func (c *Conn) ReceiveRequest(r *protocol.Request) error {
	if c.role != protocol.Server || c.state != StateConnecting || c.request != nil || len(c.in.bytes()) > 0 {
		return ErrHandshake
	}
	c.takeRequest(r)
	return nil
}

// Accept answers the client's request. subprotocol has to be one that the client
// offers; "" leaves the choice to [Config].Subprotocols, and if none of them is
// offered there is none. header has more fields for the response, besides those of
// the Config.
//
// The error is [ErrHandshake] where no request is waiting for an answer,
// [protocol.ErrInvalidHeader] for a header that cannot be sent, or says that the
// subprotocol was not offered. The request then still waits.
//
// RFC 6455, 4.2.2: "/subprotocol/ ... Either a single value representing the
// subprotocol the server is ready to use or null. The value chosen MUST be derived
// from the client's handshake".
func (c *Conn) Accept(subprotocol string, header protocol.Header) error {
	switch {
	case c.offer == nil || c.state != StateConnecting:
		return ErrHandshake
	case subprotocol == "":
		subprotocol = c.choose()
	case !slices.Contains(c.offer.Subprotocols, subprotocol):
		return errNotOffered
	}
	fields := make(protocol.Header)
	for _, h := range []protocol.Header{c.cfg.Header, header} {
		for name, values := range h {
			for _, value := range values {
				fields.Add(name, value)
			}
		}
	}
	answer, codecs := protocol.AcceptExtensions(c.cfg.Extensions, c.offer.Extensions)
	out, err := protocol.AppendResponse(c.out.buf, c.offer.Key, subprotocol, answer, fields)
	if err != nil {
		return err
	}
	c.out.buf, c.asked = out, true
	c.open(subprotocol, answer, codecs)
	return nil
}

var errNotOffered = errors.New("websocket: subprotocol was not offered")

// Refuse answers the client's request with a response that is no handshake: status,
// header and body of refusal, of which a nil one is 403 Forbidden. The connection is then
// closed, and the transport is to be closed after the output. The error is [ErrHandshake]
// where no request is waiting for an answer.
func (c *Conn) Refuse(refusal *protocol.HandshakeError) error {
	if c.offer == nil || c.state != StateConnecting {
		return ErrHandshake
	}
	if refusal == nil {
		refusal = &protocol.HandshakeError{Status: 403, Reason: "forbidden"}
	}
	c.refuse(refusal)
	return nil
}

// stepServer is a step of the server's side of the opening handshake.
func (c *Conn) stepServer() (Event, bool) {
	switch {
	case c.request == nil:
		return Event{}, c.readRequest()
	case !c.asked:
		c.asked = true
		return Event{Type: EventRequest, Request: c.request, Offer: c.offer}, true
	}
	// The user has seen the request and said nothing. What can go wrong now is
	// the answer of an extension, which is not the client's fault.
	if err := c.Accept("", nil); err != nil {
		c.refuse(&protocol.HandshakeError{Status: 500, Reason: "extension gave an answer that cannot be sent"})
	}
	return Event{}, true
}

// readRequest reads the request and reports whether it could.
func (c *Conn) readRequest() bool {
	if !c.scan.ready(c.in.bytes(), c.cfg.maxHead()) {
		return false
	}
	r, n, err := protocol.ParseRequest(c.in.bytes(), c.cfg.MaxHead)
	if err == protocol.ErrShort {
		return false
	}
	if err != nil {
		c.refuse(handshakeError(err))
		return true
	}
	c.in.skip(n)
	c.takeRequest(r)
	return true
}

func (c *Conn) takeRequest(r *protocol.Request) {
	check := protocol.CheckRequest
	if c.cfg.Drafts {
		check = protocol.CheckDraftRequest
	}
	offer, err := check(r)
	c.request, c.offer = r, offer
	if err != nil {
		c.refuse(handshakeError(err))
	}
}

// refuse answers with a response that is no handshake.
func (c *Conn) refuse(refusal *protocol.HandshakeError) {
	c.out.buf = refusal.AppendTo(c.out.buf)
	c.endHandshake(refusal)
}

// choose returns the client's first subprotocol that we have, "" for none.
func (c *Conn) choose() string {
	for _, name := range c.offer.Subprotocols {
		if slices.Contains(c.cfg.Subprotocols, name) {
			return name
		}
	}
	return ""
}
