package protocol

import "errors"

// Conditions a caller branches on. Violations by the peer are a [*CloseError],
// failures of the opening handshake a [*HandshakeError].
var (
	// ErrShort means that the bytes end too soon: present them again with more.
	ErrShort = errors.New("websocket: more bytes are needed")

	// ErrClosed means that the peer's close frame has been read. What follows
	// it is ignored.
	ErrClosed = errors.New("websocket: the peer has sent its close frame")

	// ErrCloseSent means that our close frame has been written, after which
	// nothing may be sent.
	ErrCloseSent = errors.New("websocket: our close frame has been sent")

	// ErrMessageOpen means that a new message was begun inside another one.
	ErrMessageOpen = errors.New("websocket: a message is still open")

	// ErrNoMessage means that a fragment was to continue a message where none
	// is open.
	ErrNoMessage = errors.New("websocket: no message is open")

	// ErrControlTooLong means that the payload of a control frame is longer
	// than [MaxControlPayload].
	ErrControlTooLong = errors.New("websocket: control payload exceeds 125 bytes")

	// ErrInvalidFrame means that a frame was asked for which cannot be sent:
	// an opcode that does not fit the call, or a negative length.
	ErrInvalidFrame = errors.New("websocket: invalid frame")

	// ErrInvalidClose means that a close code or reason may not be sent.
	ErrInvalidClose = errors.New("websocket: invalid close")

	// ErrFull means that a [Codec] has more to say than dst had room for: call it
	// again with room.
	ErrFull = errors.New("websocket: no room for more output")

	// ErrInvalidHeader means that a handshake was to be written with a name or
	// value that HTTP does not allow, or that is not the caller's to set.
	ErrInvalidHeader = errors.New("websocket: invalid header")
)
