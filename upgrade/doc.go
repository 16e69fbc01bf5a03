// Package upgrade makes WebSocket connections (RFC 6455) of HTTP requests, and makes them streams: a [Conn] is
// a source of the messages that arrive and a sink of those that are sent.
//
// # Words
//
// A handler is the flow from messages to messages that serves one connection. The [Upgrader] is the server's
// side of the opening handshake, the [Dialer] the client's. A [Server] listens by itself, where others stand behind an
// [http.Server]. A [Rejection] is a request that does not become
// a connection. The peer is the other end. The closing handshake is a close frame from each end; whoever hears none
// before the network ends sees code 1006.
//
// # How connections end
//
// The first cause decides the code and the error; what fails later because of it changes neither. [Conn.Run],
// [Upgrader.Serve] and the source report it as a *[CloseError]; [Conn.Closed] has it also after a clean ending.
//
//	what happens                         what the peer sees                      what the handler sees
//	the handler's output completes       the open message is finished, 1000,     its input is cancelled after
//	                                     the closing handshake                   the handshake
//	the handler fails with a CloseError  that code and reason
//	it fails otherwise, or panics        1011, no text; it is logged
//	the peer closes with 1000, 1001      the close is answered when the handler  its input completes
//	or no code                           ends, at the latest after CloseGrace
//	the peer closes with another code,   the code echoed at once                 the open message and its input
//	or inside a message                                                          fail with that CloseError
//	the peer breaks the protocol         1002, 1007, 1008 or 1009, a reason      its input fails with a CloseError,
//	                                                                             FromPeer false
//	the connection is cut                –                                       its input fails with 1006, its
//	                                                                             context is cancelled
//	the server shuts down                the open message is finished, 1001,     the open message is finished, its
//	                                     a deadline, then cut                    input completes; its context is
//	                                                                             cancelled after CloseGrace
//	the context of Run ends              1001                                    its context is cancelled
//
// # Backpressure, and a handler that takes its time
//
// A synchronous handler is called by the reader of the connection, and the next message is read when its reply
// has been written: a peer that does not read is not read from. Replies are collected while more messages are
// at hand, and written when the reader is about to wait. An operator such as [flow.Async] or [flow.MapAsync]
// reads meanwhile.
//
// While a handler is busy for more than a few milliseconds, a stand-in writes what is ready, answers pings,
// notices the peer's closing, and cancels the context that operators such as [flow.TryMap] hand to their
// functions when the peer is gone. It reads up to the next message, which is the handler's.
//
// # Streamed messages
//
// With Settings.Streaming, a message of several frames, or of one large frame, arrives as a streamed
// [message.Message], while it arrives. It is the handler's until the function that got it returns, or for as
// long as it is held ([message.Message.Hold]); operators that pass values on later hold them. What is left of
// it then is drained, and reading it later fails with [ErrDrained].
package upgrade
