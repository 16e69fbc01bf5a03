package hixie

// An EventType says what has happened.
type EventType uint8

const (
	// EventOpen means that the opening handshake is complete. It is the first event.
	EventOpen EventType = iota + 1

	// EventText is a message.
	EventText

	// EventClose means that the peer has begun or answered the closing handshake, in hixie-76. It is the last event. If we have not
	// closed yet, we still may send what we have to say; then [Conn.Close] answers.
	EventClose
)

// String returns the name of the type, such as "text".
func (t EventType) String() string {
	switch t {
	case EventOpen:
		return "open"
	case EventText:
		return "text"
	case EventClose:
		return "close"
	}
	return "no event"
}

// An Event is something that the peer has done.
type Event struct {
	Type EventType
	Text string // of EventText: valid UTF-8
}
