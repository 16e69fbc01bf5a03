// Package driver is a WebSocket connection as a state machine, without the transport
// below it: for a byte stream that this module knows nothing of, such as a pipe, a
// serial line, the channel of another protocol, or an event loop of your own. It opens
// no socket, starts no goroutine and reads no clock.
//
// Package protocol, on which it stands, has the parts: frames, handshakes, extensions.
// This package puts them together. Whoever wants sockets, deadlines and streams of
// messages uses package upgrade instead.
//
// # Words
//
// A [Conn] is one end of a connection: a server ([NewServer]) or a client ([NewClient]).
// It has a [State], from connecting over open and closing to closed.
//
// The transport is what carries bytes to the other end, in order, and is not ours.
//
// An [Event] is something that has happened: a request, the connection being open, a
// message, a ping, a pong, the end. A command is what a method such as [Conn.Text],
// [Conn.Ping] or [Conn.Close] does; it never blocks.
//
// # Use
//
// Bytes that have come from the transport go in, events come out, and then there may be
// bytes to be sent. That is the whole of a transport's loop:
//
//	conn.Receive(bytes)
//	for ev, ok := conn.Next(); ok; ev, ok = conn.Next() {
//		handle(ev)
//	}
//	transport.Write(conn.Output())
//
// Commands add to the output; whoever calls one outside of the loop sends the output
// afterwards. Before the connection is open, commands wait, and are sent in their order
// once it is. When the transport ends, [Conn.ReceiveEnd] says so.
//
// The last event is always [EventClose], and comes once. The output may then hold a
// last frame, or the refusal of a handshake, after which the transport is to be closed:
// by a server at once, by a client when the server has done so.
//
// RFC 6455, 7.1.1: "the server MUST close the connection first, so that it holds the
// TIME_WAIT state", and a client that waits "a reasonable period" for it closes it itself.
//
// # A server decides
//
// A valid request is [EventRequest]. Whoever does not look at it accepts it. Browsers
// connect from any page that a user visits, and name it in Origin: a server that trusts
// cookies, or the network that it is in, has to look there, and calls [Conn.Refuse].
//
// # Limits
//
// What a Conn holds is bounded by [Config].MaxHead, [Config].MaxMessage and what the
// caller has not asked for or sent yet: bytes received without calls of [Conn.Next],
// commands and answers to pings that no [Conn.Output] has taken. Memory for a message
// grows with what has arrived of it.
//
// # Proxies
//
// A client behind an HTTP proxy talks to that first, by a [Proxy], over the transport
// that the connection is going to use.
package driver
