package driver

import (
	"errors"
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// NewClient returns the client's end of a connection to a server at a URL that
// [ParseURL] takes. Its output begins with the request, which is there at once. The
// error is [ErrInvalidURL] or [ErrInvalidConfig].
//
// A name and password in the URL are sent as Basic authentication (RFC 7617), unless
// [Config].Header has an Authorization of its own.
func NewClient(url string, cfg Config) (*Conn, error) {
	u, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(protocol.Client); err != nil {
		return nil, err
	}
	c := &Conn{role: protocol.Client, cfg: cfg}
	if cfg.InsecureUnmasked {
		c.sending.writer.Init(protocol.Server, nil) // whose frames have no masks, and are the same otherwise
	} else {
		c.sending.writer.Init(protocol.Client, cfg.MaskKey)
	}
	c.hello = protocol.ClientHandshake{
		Host:         u.Host,
		Target:       u.Target,
		Key:          protocol.NewKey(),
		Subprotocols: cfg.Subprotocols,
		Extensions:   protocol.OfferExtensions(cfg.Extensions),
		Header:       withAuthorization(cfg.Header, "Authorization", u.authorization),
	}
	// The Config has passed, so that what is wrong here is host or target.
	if c.out.buf, err = c.hello.AppendRequest(nil); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidURL, err)
	}
	return c, nil
}

// stepClient is a step of the client's side of the opening handshake.
func (c *Conn) stepClient() (Event, bool) {
	r, err := c.reply.read(&c.in, c.cfg.maxHead())
	if err == protocol.ErrShort {
		return Event{}, false
	}
	if err != nil {
		c.endHandshake(handshakeError(err))
		return Event{}, true
	}
	c.response = r
	if err := c.confirm(r); err != nil {
		c.refused = true
		c.addBody(c.in.bytes())
		c.endHandshake(handshakeError(err))
	}
	return Event{}, true
}

// confirm judges the server's answer and opens the connection.
func (c *Conn) confirm(r *protocol.Response) error {
	subprotocol, answer, err := c.hello.CheckResponse(r)
	if err != nil {
		return err
	}
	codecs, err := protocol.ConfirmExtensions(c.cfg.Extensions, answer)
	if err != nil {
		return &protocol.HandshakeError{Status: r.Status, Header: r.Header, Reason: err.Error()}
	}
	c.open(subprotocol, answer, codecs)
	return nil
}

// addBody takes what has come of a refusal's body.
func (c *Conn) addBody(p []byte) {
	c.body = append(c.body, p[:min(len(p), MaxRefusalBody-len(c.body))]...)
}

// handshakeError returns the error that functions of package protocol give for a
// handshake that is not as it should be.
func handshakeError(err error) *protocol.HandshakeError {
	var e *protocol.HandshakeError
	errors.As(err, &e)
	return e
}
