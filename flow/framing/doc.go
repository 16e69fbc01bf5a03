// Package framing cuts streams of bytes into frames, for what speaks in bytes and not in messages: a file, a pipe, a
// connection, the chunks of a streamed message.
//
// # Words
//
// A chunk is a piece of the stream, of any length, as it arrived. Where one ends means nothing.
//
// A frame is a piece that means something: a line ([Delimiter]), what a length stands before ([LengthField]), a JSON
// value ([JSON]). The same bytes give the same frames, and the same error after them, whatever the chunks are.
//
// # Memory
//
// A frame that lies in one chunk is a part of that chunk; a frame of several chunks has memory of its own. Neither is
// written again from here, and the capacity of a frame is its length. So a frame may be kept for as long as its chunk
// may: for good, if the chunks are not used again. Whoever changes a frame changes the chunk.
//
// Nothing is kept of a chunk but the frame that has not ended yet, which has a limit: a longer one fails the stream with
// [ErrTooLong]. A stream that is complete inside a frame fails with an error that wraps [io.ErrUnexpectedEOF].
package framing
