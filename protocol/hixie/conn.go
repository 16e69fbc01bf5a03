package hixie

import (
	"errors"
	"math"
	"unicode/utf8"

	"github.com/wsflow/wsflow/protocol"
)

// Conditions a caller branches on. Violations by the peer are a [*protocol.CloseError], failures of the opening
// handshake a [*protocol.HandshakeError].
var (
	// ErrTextOnly means that something else than text was to be sent, which the drafts have no frames for.
	ErrTextOnly = errors.New("hixie: the protocol has text messages only")

	// ErrInvalidText means that a message that was to be sent is not valid UTF-8.
	ErrInvalidText = errors.New("hixie: text is not valid UTF-8")

	// ErrQueueFull means that the handshake is not complete, and that as much as [MaxQueued] waits for it.
	ErrQueueFull = errors.New("hixie: too much waits for the end of the handshake")
)

// MaxQueued is how many bytes may wait to be sent until the opening handshake is complete.
const MaxQueued = 1 << 20

// Config says how a [Conn] works. The zero Config is a good one.
type Config struct {
	// MaxMessage limits the bytes of a received message, and of what is skipped. 0 is
	// [protocol.DefaultMaxMessage], a negative value means no limit.
	MaxMessage int64

	// Subprotocol is what a server agrees to: the Offer's, or "".
	Subprotocol string
}

// A Conn is one end of a connection. It is not safe for concurrent use, and does no I/O: the caller reads bytes and
// hands them to [Conn.Next], and writes those of [Conn.Output] whenever it has called another method.
type Conn struct {
	version   Version
	limit     int64
	stage     stage
	client    *client // the handshake of a client, until it is complete
	numbers   [2]uint32
	body      []byte // as much of a handshake's body, or of its digest, as has come
	out       []byte // to be written
	queue     []byte // to be written when the handshake is complete
	closeSent bool
	failure   error // what Next returns from now on

	text   []byte // of the open frame, as far as it has come
	check  protocol.UTF8
	lead   byte
	length int64 // of a frame with a length, or what is left of it
	digits int   // of that length, so far
}

// A stage is what comes next from the peer.
type stage uint8

const (
	atHead   stage = iota // the server's answer
	atDigest              // what follows it in hixie-76
	atBody                // the eight bytes behind the client's request in hixie-76
	atOpen                // nothing: the handshake is complete, and Next says so
	atFrame               // the first byte of a frame
	atText
	atLength
	atSkip
)

// NewServer returns the server's end of a connection that answers an offer. The answer is in [Conn.Output]. The error is
// [protocol.ErrInvalidHeader] for what HTTP does not allow.
func NewServer(o *Offer, cfg Config) (*Conn, error) {
	c := newConn(o.Version, cfg)
	c.numbers = o.numbers
	answer := Offer{Version: o.Version, Origin: o.Origin, Location: o.Location, Subprotocol: cfg.Subprotocol}
	if err := answer.check(); err != nil {
		return nil, err
	}
	c.out = answer.appendAnswer(nil)
	c.stage = atBody
	if o.Version == Hixie75 {
		c.open()
	}
	return c, nil
}

func newConn(v Version, cfg Config) *Conn {
	c := &Conn{version: v, limit: cfg.MaxMessage}
	switch {
	case c.limit == 0:
		c.limit = protocol.DefaultMaxMessage
	case c.limit < 0:
		c.limit = math.MaxInt64
	}
	return c
}

// appendAnswer appends the response, without the digest. Clients of hixie-75 compare the status line and the two fields behind
// it byte by byte.
func (o *Offer) appendAnswer(dst []byte) []byte {
	line := "HTTP/1.1 101 WebSocket Protocol Handshake\r\n"
	if o.Version == Hixie75 {
		line = "HTTP/1.1 101 Web Socket Protocol Handshake\r\n"
	}
	dst = append(dst, line+"Upgrade: WebSocket\r\nConnection: Upgrade\r\n"...)
	for _, field := range [][2]string{{"Origin", o.Origin}, {"Location", o.Location}, {"Protocol", o.Subprotocol}} {
		if field[1] != "" {
			dst = append(dst, o.Version.prefix()+"WebSocket-"+field[0]+": "+field[1]+"\r\n"...)
		}
	}
	return append(dst, "\r\n"...)
}

// open completes the handshake.
func (c *Conn) open() {
	c.stage = atOpen
	c.out = append(c.out, c.queue...)
	c.queue, c.body, c.client = nil, nil, nil
}

// IsOpen reports whether the opening handshake is complete.
func (c *Conn) IsOpen() bool { return c.stage >= atOpen }

// InMessage reports whether a frame has begun that has not ended.
func (c *Conn) InMessage() bool { return c.stage > atFrame && c.failure == nil }

// Version returns the version that the connection speaks.
func (c *Conn) Version() Version { return c.version }

// Send sends a message. op has to be text; for every other the error is [ErrTextOnly]. Before the opening
// handshake is complete the message waits for that, up to [MaxQueued] bytes in all. After Close or a violation by the peer the error is
// [protocol.ErrCloseSent].
func (c *Conn) Send(op protocol.Opcode, payload []byte) error {
	switch {
	case op != protocol.OpText:
		return ErrTextOnly
	case c.closeSent:
		return protocol.ErrCloseSent
	case !utf8.Valid(payload): // in particular it has no 0xFF
		return ErrInvalidText
	}
	dst := &c.out
	if !c.IsOpen() {
		if len(c.queue)+len(payload)+2 > MaxQueued {
			return ErrQueueFull
		}
		dst = &c.queue
	}
	*dst = append(*dst, 0x00)
	*dst = append(*dst, payload...)
	*dst = append(*dst, 0xFF)
	return nil
}

// Close closes the connection, or answers the peer's closing. In hixie-76, once the opening handshake is complete, it sends FF 00,
// and Next goes on until the peer has done so too. Otherwise there is nothing to send and nothing to wait for. What waited
// for the handshake is dropped. A second call does nothing.
func (c *Conn) Close() {
	if c.closeSent {
		return
	}
	c.closeSent = true
	switch {
	case c.version == Hixie76 && c.IsOpen():
		c.out = append(c.out, 0xFF, 0x00)
	case c.failure == nil:
		c.failure = protocol.ErrClosed
	}
	c.queue = nil
}

// Output returns the bytes that are to be written, and forgets them: they are the caller's.
func (c *Conn) Output() []byte {
	out := c.out
	c.out = nil
	return out
}
