// Package deflate is permessage-deflate, the compression of WebSocket messages
// (RFC 7692), without input and output: bytes in, bytes out, for both ends.
//
// # Words
//
// A message is deflated by one end and inflated by the other; only its payload
// changes, and the first frame of a compressed message carries RSV1. Text that
// occurred before is replaced by a distance and a length. How far back a distance
// may reach is the [Window], 256 bytes to 32 KiB; the window of the server and
// that of the client differ. With takeover (the RFC says context takeover) the
// window spans messages, and each end has to remember the last bytes of what went
// before; without it every message stands alone.
//
// [Settings] are what an end wants; [Params] are what two ends agreed upon in the
// opening handshake. The zero Settings are right for either end.
//
// # Use
//
// [New] makes an extension of Settings, which [protocol.AcceptExtensions] and
// [protocol.ConfirmExtensions] turn into a [Codec] for each connection. Those who
// do without can call [Settings.Accept], [Settings.Offer] and [Settings.Confirm]
// themselves, and use a [Compressor] and a [Decompressor].
//
// # What it costs
//
// Without takeover a connection holds nothing between messages. With takeover it
// holds, per direction, at most the bytes of the window, and the Compressor more
// than that until [Compressor.Rest]. A message that is being compressed needs up to
// 192 KiB, one that arrives in pieces up to 40 KiB; both come from pools. In the
// steady state nothing is allocated.
//
// Inflating never produces more than the limit, and never more at a time than
// there is room for.
package deflate
