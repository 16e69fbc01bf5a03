package driver

import (
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// A Proxy is a client's exchange with an HTTP proxy, which ends with a tunnel to the
// server (RFC 6455, 4.1; RFC 9110, 9.3.6). As soon as that stands, the same transport
// carries the connection with the server: TLS first, if the server's URL says wss.
//
// A Proxy must not be used from several goroutines at once.
type Proxy struct {
	at       *URL
	connect  protocol.ConnectHandshake
	in       input
	out      output
	reply    responseReader
	response *protocol.Response
	err      error
}

// NewProxy returns the exchange with the proxy at a URL with the scheme http or https,
// for a connection to the server at a URL that [ParseURL] takes. Its output begins with
// the request, which is there at once. header has more fields for the request. A name
// and password in the proxy's URL are sent as Basic authentication, unless header has a
// Proxy-Authorization of its own.
//
// The error is [ErrInvalidURL], or [protocol.ErrInvalidHeader] for a header that cannot
// be sent.
func NewProxy(proxy, server string, header protocol.Header) (*Proxy, error) {
	at, err := parseURL(proxy, "http", "https")
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	to, err := ParseURL(server)
	if err != nil {
		return nil, err
	}
	p := &Proxy{at: at, connect: protocol.ConnectHandshake{
		Target: to.Address,
		Header: withAuthorization(header, "Proxy-Authorization", at.authorization),
	}}
	if p.out.buf, err = p.connect.AppendRequest(nil); err != nil {
		return nil, err
	}
	return p, nil
}

// Address returns where the proxy is, as "host:port". secure says that it is to be
// talked to over TLS.
func (p *Proxy) Address() (address string, secure bool) { return p.at.Address, p.at.Secure }

// Output returns the bytes that are to be sent to the proxy, and counts them as sent.
// The slice is valid until the next call. It may be empty.
func (p *Proxy) Output() []byte { return p.out.take() }

// Receive takes bytes that have come from the proxy and reports whether the tunnel
// stands. b is the caller's again afterwards.
//
// The error is a [*protocol.HandshakeError] with the status and the header of the
// response, if the proxy did not connect or its response cannot be read. Further calls
// return the same.
func (p *Proxy) Receive(b []byte) (connected bool, err error) {
	if p.err != nil {
		return false, p.err
	}
	p.in.add(b, false)
	if p.response != nil {
		return true, nil
	}
	r, err := p.reply.read(&p.in, protocol.DefaultMaxHead)
	if err == protocol.ErrShort {
		return false, nil
	}
	if err == nil {
		p.response = r
		err = p.connect.CheckResponse(r)
	}
	if err != nil {
		p.err, p.in = err, input{}
		return false, err
	}
	return true, nil
}

// Response returns the proxy's response, nil before it has come.
func (p *Proxy) Response() *protocol.Response { return p.response }

// Rest returns what came behind the proxy's response: the first bytes of the server,
// to be read before what the transport has next. They are handed over: a second call
// returns none.
func (p *Proxy) Rest() []byte {
	if p.response == nil || p.err != nil {
		return nil
	}
	rest := p.in.bytes()
	p.in = input{}
	return rest
}
