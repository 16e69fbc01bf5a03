package driver

import (
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// Version is the version of the protocol that a [Conn] speaks: RFC 6455, which
// was the seventeenth draft of the HyBi working group and calls itself 13.
const Version = "hybi-13"

// A Conn is one end of a WebSocket connection, from the first byte of the opening
// handshake to the last of the closing one, without the transport below it. See
// the package documentation for how to use it.
//
// A Conn must not be used from several goroutines at once.
type Conn struct {
	role  protocol.Role
	cfg   Config
	state State

	in  input
	out output

	// The opening handshake.
	scan     headScan                 // server
	asked    bool                     // server: the user knows of the request
	request  *protocol.Request        // server
	offer    *protocol.Offer          // server: what a valid request asks for
	hello    protocol.ClientHandshake // client
	reply    responseReader           // client
	response *protocol.Response       // client
	body     []byte                   // client: of a response that refuses
	refused  bool                     // client: there is a body

	// What was agreed.
	subprotocol string
	extensions  []protocol.Extension
	news        bool // the user has not been told yet that the connection is open

	receiving receiving
	sending   sending
	pings     []ping
	held      []Event // at most one, that a panic of the user's kept from being returned

	ended    bool // no more bytes will come
	endedBy  error
	closed   *protocol.CloseError
	farewell bool // the user has been told that the connection is closed
}

// Role returns which end this is.
func (c *Conn) Role() protocol.Role { return c.role }

// State returns where the connection stands.
func (c *Conn) State() State { return c.state }

// Version returns [Version], once the connection is open, and "" before; with
// [Config].Drafts also "hybi-7" or "hybi-8".
func (c *Conn) Version() string {
	if !c.wasOpen() {
		return ""
	}
	if c.offer != nil && c.offer.Version != 13 {
		return "hybi-" + strconv.Itoa(c.offer.Version)
	}
	return Version
}

// Subprotocol returns the subprotocol that was agreed on, "" if there is none.
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Extensions returns the extensions that were agreed on, as the server answered
// them.
func (c *Conn) Extensions() []protocol.Extension { return c.extensions }

// Request returns the client's request, on a server that has got it, also if it
// was refused. A request that could not be read is nil.
func (c *Conn) Request() *protocol.Request { return c.request }

// Response returns the server's response, on a client that has got it: status and
// header fields, also if it is no handshake. One that could not be read is nil.
func (c *Conn) Response() *protocol.Response { return c.response }

// Body returns what has come so far of the body of a response that refuses the
// handshake, up to [MaxRefusalBody], as it travels. Bytes that are received after
// [EventClose] go on filling it. The slice is valid until then.
func (c *Conn) Body() []byte { return c.body }

// Closed returns nil until the connection has ended, and then why: always a
// [*protocol.CloseError].
//
// Its FromPeer tells whether the peer said so in a close frame. Otherwise it is
// our own finding: a violation, code 1002 and a [*protocol.HandshakeError] if
// the opening handshake failed, code 1006 and the error of the transport if that
// ended first, or what [Conn.Close] was given before the connection was open.
func (c *Conn) Closed() error {
	if c.closed == nil {
		return nil
	}
	return c.closed
}

// Rest lets go of the memory that an idle connection can do without: buffers, and
// what the extensions hold for the next message. Nothing is lost; the next
// message costs a little more.
func (c *Conn) Rest() {
	c.in.rest()
	c.receiving.decoding.rest()
	c.out.rest()
	c.sending.rest()
}

// wasOpen reports whether the opening handshake has been completed.
func (c *Conn) wasOpen() bool { return c.extensions != nil }

// open completes the opening handshake and sends what has been waiting for it.
func (c *Conn) open(subprotocol string, ext []protocol.Extension, codecs []protocol.Codec) {
	c.subprotocol = subprotocol
	c.extensions = append([]protocol.Extension{}, ext...)
	c.receiving.reader.Init(protocol.ReaderConfig{
		InsecureAnyMask: c.cfg.InsecureUnmasked,
		Role:            c.role,
		MaxMessage:      c.cfg.MaxMessage,
		RSV:             protocol.CodecRSV(codecs),
	})
	c.receiving.decoding.decoder.Init(codecs, c.cfg.MaxMessage)
	c.sending.encoder.Init(codecs)
	c.state, c.news = StateOpen, true
	waiting := c.sending.waiting
	c.sending.waiting = nil
	for _, cmd := range waiting {
		c.write(cmd)
	}
}
