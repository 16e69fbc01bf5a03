// Package protocol is RFC 6455, The WebSocket Protocol, without input and
// output: bytes in, events out; calls in, bytes out. It opens no socket, starts
// no goroutine and reads no clock, so that everything that speaks WebSocket (a
// server over HTTP/1.1, a client, an in-memory test server, a transport of your
// own) can run on it.
//
// These are the parts, each of them for itself: it is for whoever builds an engine. Package
// protocol/driver puts them together to a whole connection that still does no input or
// output, and package upgrade to one on sockets.
//
// # Words
//
// An end is either the [Server] or the [Client] of a connection; [Role] says
// which end we are. Before anything else the two exchange the opening
// handshake: a [Request] and a [Response] in the form of HTTP/1.1.
//
// A frame is what travels afterwards: a [FrameHeader] and a payload. Its
// [Opcode] says whether it is a data frame or a control frame (close, ping,
// pong). A message is one text or binary value; it is carried by one data frame
// or by several, which are then its fragments. Control frames may stand between
// fragments, but are never fragmented themselves.
//
// Frames of a client are masked: their payload is combined with a key of four
// bytes ([Mask]). The three RSV bits of a header belong to extensions.
//
// A connection ends with the closing handshake: each end sends a close frame
// with a [CloseCode] and a reason. [CloseError] is such an ending as an error.
//
// # Reading and writing
//
// A [Reader] turns received bytes into events and enforces every rule on the
// way. It does not gather: data comes out as it goes in, in pieces, and only
// headers and control frames have to be complete before it speaks.
//
// A [Writer] turns messages, fragments and control frames into bytes and keeps
// the order that the RFC demands.
//
// # Opening handshake
//
// A server parses with [ParseRequest] (or converts a request of net/http),
// decides with [CheckRequest] and answers with [AppendResponse], or with
// [HandshakeError.AppendTo]. A client describes what it wants in a
// [ClientHandshake], asks with AppendRequest, parses with [ParseResponse] and
// decides with CheckResponse. Where an HTTP proxy stands between the two, a
// [ConnectHandshake] comes first, in the same way.
//
// # Extensions
//
// What an end is willing to use is a list of [Negotiator]. A client offers them with
// [OfferExtensions] and judges the answer with [ConfirmExtensions]; a server answers
// with [AcceptExtensions]. Both get a [Codec] for each extension that was agreed on. An
// [Encoder] applies them to messages that are sent, a [Decoder] undoes them: the RSV bits
// of a message's first frame tell which. Package protocol/deflate is permessage-deflate.
//
// # Limits
//
// A Reader judges messages by their frame headers, before any payload has come; a Decoder
// judges what payloads become; the heads of handshakes have a limit as well. None of them
// gathers, so that what is held is up to the caller.
//
// # Conventions
//
// Functions named Parse report how many bytes they consumed, never panic, and
// return [ErrShort] where more bytes are needed. Functions named Append extend
// a slice and return it; on an error they return it as it was.
package protocol
