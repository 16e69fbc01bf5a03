package driver

import "errors"

// Conditions a caller branches on. An ended connection is a
// [*protocol.CloseError], which [Conn.Closed] returns.
var (
	// ErrClosed means that nothing can be sent any more, since the connection is
	// closing or closed.
	ErrClosed = errors.New("websocket: the connection is closing or closed")

	// ErrHandshake means that a call does not fit where the opening handshake
	// stands, such as an answer where there is no request.
	ErrHandshake = errors.New("websocket: not at this point of the opening handshake")

	// ErrInvalidText means that a text to be sent is not UTF-8.
	ErrInvalidText = errors.New("websocket: text is not UTF-8")

	// ErrInvalidConfig means that a [Config] holds what cannot be used.
	ErrInvalidConfig = errors.New("websocket: invalid config")

	// ErrInvalidURL means that a URL does not name a WebSocket, or a proxy. The
	// text of the error does not repeat the URL, which may hold a password.
	ErrInvalidURL = errors.New("websocket: invalid URL")
)
