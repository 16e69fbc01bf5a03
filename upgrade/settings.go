package upgrade

import (
	"log/slog"
	"time"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// Settings are the limits and deadlines of a connection, for [Upgrader] and [Dialer] alike. The zero value is
// right and safe. Of durations and sizes, 0 means the default and a negative value means no
// limit (for PingInterval: no pings).
type Settings struct {
	// MaxMessage is how many payload bytes an inbound message may have, over all its fragments; the
	// peer of a longer one is closed with 1009. Default 1 MiB.
	MaxMessage int64

	// Streaming hands inbound messages on as they arrive: a message of one frame of at most 64 KiB is
	// strict, every other one is streamed. By default all messages arrive strict. MaxMessage holds for both.
	Streaming bool

	// PingInterval is the time between keep-alive pings. Default 30 s. A peer that is dead is noticed
	// within PingInterval and PongTimeout.
	PingInterval time.Duration

	// PongTimeout is how long the pong of a keep-alive ping may take before the peer counts as gone (1006). It
	// runs only while the connection is being read; while the handler holds the reader, with a message of the peer waiting for
	// it, the write of each ping tells whether TCP still has a peer. Other bytes, which the pong may be behind, postpone it: by
	// MessageTimeout in all (60 s if that is none), and while one message is under way that may take longer. Default 10 s.
	PongTimeout time.Duration

	// PingPayload makes the payload of each keep-alive ping, or with KeepAlivePong of each pong: up to 125 bytes, which
	// are copied. It is called by one goroutine at a time for each connection, and does not wait. A pong counts for the newest ping
	// with its payload and for all before it, so payloads are best told apart. More bytes, or a panic, end the connection
	// with 1011, and are logged. Default a count of 8 bytes; for KeepAlivePong nothing.
	PingPayload func(c *Conn) []byte

	// KeepAlive is what is sent every PingInterval. Default KeepAlivePing.
	KeepAlive KeepAlive

	// IdleTimeout is how long a connection may go without a message in either direction, before it is ended in good
	// order with 1001, as by a shutdown: the handler's input completes, and CloseGrace begins. Pings and pongs are no messages. A
	// message under way counts with each piece of it, and a handler that is at work does not. It takes effect up to an
	// eighth late. [ErrIdle] is behind the *[CloseError] then. Default none.
	IdleTimeout time.Duration

	// WriteTimeout is how long one write, of up to 256 KiB, may wait for the peer to take the bytes, before the connection
	// is cut (1006). It takes effect up to a quarter late. Default 10 s.
	WriteTimeout time.Duration

	// MessageTimeout is how long a message may take from its first byte to its last; with Streaming, how long
	// it may pause. The peer of a slower one is closed with 1008. It runs only while the connection is being
	// read. Default 60 s.
	MessageTimeout time.Duration

	// MessageRate, ControlRate and ByteRate limit what the peer sends: messages, each counted once, when it begins; pings and
	// pongs, also the pongs that answer ours; bytes of the wire, with frame headers and before TLS. The peer of a connection
	// that goes beyond is closed with 1008 and a reason such as "more than 20 messages a second". The zero Rate, the default, is
	// no limit.
	//
	// The Burst of ByteRate has to hold what may come at once, such as the largest message. What was sent while a handler kept
	// us from reading counts as sent in that time, though it is read at once.
	MessageRate, ControlRate, ByteRate Rate

	// CloseTimeout is how long the closing handshake may take once our close frame is sent, before the
	// connection is cut. It is longer than CloseGrace, so that a peer that uses its grace still answers in
	// time. Default 10 s.
	CloseTimeout time.Duration

	// CloseGrace is how long a handler may go on replying after the peer has closed, or the server has
	// begun to shut down. Default 5 s.
	CloseGrace time.Duration

	// Compression is permessage-deflate (RFC 7692): what this end agrees to, and how it compresses. nil, the default,
	// is none; the zero [deflate.Settings] are right for most. MaxMessage holds for what messages inflate to.
	// A sender decides for single messages by [message.Message.WithCompression].
	//
	// Where context takeover is agreed on, a connection that has compressed nothing between two keep-alive pings reduces
	// what it holds for compressing to the window itself; without pings it never does.
	Compression *deflate.Settings

	// Extensions are further ones, in order of preference. What a message chooses for its compression concerns those that
	// own RSV1, the bit of compression; others are asked ([protocol.Codec].Wants).
	Extensions []protocol.Negotiator

	// FrameStages stand between the wire and the messages of each connection, the first one next to the wire. Package
	// frames has some.
	FrameStages []FrameStage

	// Statistics keeps figures of each connection and of the stages of its handler, for [Conn.Statistics], [Conn.Graph] and
	// package debug. They cost each message some 100 ns for each stage of the handler, and each connection a few
	// hundred bytes besides.
	Statistics bool

	// Observer is told what happens to connections. nil is none.
	Observer Observer

	// Logger gets what nobody else can be told: the errors and panics of handlers, and refused
	// origins. Default [slog.Default].
	Logger *slog.Logger
}

const (
	defaultPingInterval   = 30 * time.Second
	defaultPongTimeout    = 10 * time.Second
	defaultWriteTimeout   = 10 * time.Second
	defaultMessageTimeout = 60 * time.Second
	defaultCloseTimeout   = 10 * time.Second
	defaultCloseGrace     = 5 * time.Second
)

// longest is the longest deadline, a century: what is added to it still is a Duration.
const longest = 100 * 365 * 24 * time.Hour

// withDefaults returns the settings with every default filled in, and 0 for none.
func (s Settings) withDefaults() Settings {
	if s.MaxMessage == 0 {
		s.MaxMessage = protocol.DefaultMaxMessage
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&s.PingInterval, defaultPingInterval},
		{&s.PongTimeout, defaultPongTimeout},
		{&s.IdleTimeout, 0},
		{&s.WriteTimeout, defaultWriteTimeout},
		{&s.MessageTimeout, defaultMessageTimeout},
		{&s.CloseTimeout, defaultCloseTimeout},
		{&s.CloseGrace, defaultCloseGrace},
	} {
		switch {
		case *d.value == 0:
			*d.value = d.def
		case *d.value < 0:
			*d.value = 0
		}
		*d.value = min(*d.value, longest)
	}
	if s.Logger == nil {
		s.Logger = slog.Default()
	}
	return s
}
