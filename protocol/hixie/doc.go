// Package hixie is the WebSocket protocol as it was before the IETF took it over, without input and output:
// draft-hixie-thewebsocketprotocol-75 and -76, "hixie-75" and "hixie-76". Chrome 4 to 13 and Safari 5 spoke them;
// what is left are television sets and test tools with a WebKit of that age. Nothing here is used unless a program
// imports it, and there is no reason to but such clients.
//
// # Words
//
// A [Version] is one of the two drafts; [Detect] says which one a request speaks, if any. An [Offer] is such a request,
// judged by [CheckRequest]. A [Conn] is one end of a connection: bytes in ([Conn.Next]), events out; calls in
// ([Conn.Send], [Conn.Close]), bytes out ([Conn.Output]).
//
// A frame is a byte that says how it ends, and a payload. Bytes 0x00 to 0x7F begin text, which ends with 0xFF. Bytes 0x80 to
// 0xFF begin a payload whose length precedes it, in base 128; the drafts gave it no meaning, so it is skipped.
//
// # What the drafts lack
//
// There are text messages only: no binary ones, no pings, no fragments, no masks, no close codes. Hixie-75 has no closing
// handshake either; in hixie-76 it is an empty frame of type 0xFF, FF 00 on the wire, from each end. A [protocol.CloseError] that Next
// returns tells our side what was wrong; the peer sees the connection end.
//
// # The body of a hixie-76 handshake
//
// The request is followed by eight bytes that no header announces, and that proxies deliver late or not at all. A server's
// answer is therefore in two parts: the header at once, and the digest that proves that it is a WebSocket server when the
// eight bytes have come. What is sent meanwhile waits behind the digest.
package hixie
