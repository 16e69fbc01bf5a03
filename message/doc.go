// Package message is the model of WebSocket messages, and adapts typed flows to them. It knows
// no connection: what is built of it is tested without one, and an engine carries it over a socket.
//
// A message is one Text or Binary message of RFC 6455. Its kind tells which. It is strict, which is to
// say complete, or streamed, in chunks that are handed on as they arrive. A handler is a flow from
// messages to messages that serves one connection:
//
//	func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
//		return message.TextOnly(greet)(in)
//	}
//
//	func greet(names flow.Source[string]) flow.Source[string] {
//		return flow.Map(names, func(name string) string { return "Hello " + name + "!" })
//	}
//
// [TextOnly], [BinaryOnly] and [JSON] make a handler of a flow of plain values; a [Codec] says what
// becomes of messages that do not fit. A handler that wants messages as they arrive, chunk by
// chunk, is written with [Message.TextChunks], [Message.Chunks] and [TextStream].
//
// # Ownership
//
// A strict message is immutable. It may be kept, shared, and sent to thousands of subscribers.
//
// A streamed message belongs to one reader, and an inbound one lives while it is handed on: once the
// handler has returned from taking it, without having held it, the engine drains what was not read. Whoever
// passes it to another goroutine calls [Message.Hold] before and [Message.Release] after, as the operators of
// package flow do.
//
// Bytes belong to the message from the moment they are given to it: those given to [Binary] or emitted as a
// chunk are not written again by anyone, and those that come out of [Message.Bytes] and [Message.Chunks] are
// read-only. That is why nothing is copied.
//
// # Text
//
// Text is valid UTF-8 wherever it is read in chunks or collected, and a chunk of text never ends inside
// a code point. What is not valid fails with a [protocol.CloseError] of code 1007.
package message
