package protocol

// An EventType says what an [Event] tells.
type EventType uint8

// The types of events. The zero EventType is none of them.
const (
	EventData  EventType = iota + 1 // a piece of a message
	EventPing                       // to be answered with a pong of the same payload
	EventPong                       // an answer to a ping, or unsolicited
	EventClose                      // the peer's close frame, the last event
)

// String returns the type's name in lower case.
func (t EventType) String() string {
	switch t {
	case EventData:
		return "data"
	case EventPing:
		return "ping"
	case EventPong:
		return "pong"
	case EventClose:
		return "close"
	}
	return "none"
}

// An Event is what a [Reader] found: a control frame, or a piece of a message.
// Every data frame gives at least one event, when its header has arrived, and
// one for each further piece of its payload.
type Event struct {
	Type EventType

	// Opcode is the kind of the message, OpText or OpBinary, also for its
	// continuations; for a control frame it is the frame's own.
	Opcode Opcode

	// RSV holds the RSV bits of the message's first frame.
	RSV uint8

	Start  bool // data: the first piece of the message
	End    bool // data: the message is complete with this piece
	Single bool // data: the message is one unfragmented frame

	// Code and Reason are those of a close frame. Code is CloseNoStatus if the
	// frame was empty.
	Code CloseCode

	// Length is the payload length of the current frame, of which Payload may
	// be a part.
	Length int64

	// Payload is unmasked and a part of the slice given to Next, whose owner
	// is still the caller.
	Payload []byte

	Reason string
}
