package driver

import (
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// An EventType says what an [Event] tells.
type EventType uint8

// The types of events. The zero EventType is none of them.
const (
	// EventRequest, on a server: a valid opening handshake has come. It is to be
	// answered with [Conn.Accept] or [Conn.Refuse]; if neither is called before
	// the next call of [Conn.Next], it is accepted.
	EventRequest EventType = iota + 1

	// EventOpen: the opening handshake is complete.
	EventOpen

	// EventMessage: a message has come, or with [Config].Stream a piece of one.
	EventMessage

	// EventPing: a ping has come. Its pong is part of the output already.
	EventPing

	// EventPong: a pong has come.
	EventPong

	// EventClose: the connection has ended, for whatever reason. It comes once,
	// and is the last event.
	EventClose
)

// String returns the type's name in lower case.
func (t EventType) String() string {
	switch t {
	case EventRequest:
		return "request"
	case EventOpen:
		return "open"
	case EventMessage:
		return "message"
	case EventPing:
		return "ping"
	case EventPong:
		return "pong"
	case EventClose:
		return "close"
	}
	return "event " + strconv.Itoa(int(t))
}

// An Event is something that has happened on a connection. All of it belongs to
// whoever got it.
type Event struct {
	Type EventType

	// Opcode is the kind of a message, OpText or OpBinary.
	Opcode protocol.Opcode

	// Payload is that of a message, a ping or a pong. A text is UTF-8; a piece of
	// a text may end inside a character.
	Payload []byte

	// Start and End tell whether Payload is the first and the last piece of its
	// message. Both are true for a whole one.
	Start, End bool

	// Request and Offer are what a client asks for: EventRequest.
	Request *protocol.Request
	Offer   *protocol.Offer

	// Code and Reason are those of EventClose: the peer's, or our own finding.
	// Err has both and, if the opening handshake failed, the
	// [*protocol.HandshakeError] behind them. It is what [Conn.Closed] returns.
	Code   protocol.CloseCode
	Reason string
	Err    error
}
