// Package wire is a network in memory for tests: connections that behave like
// TCP on a network without delay or loss, but need no port, no operating system
// and no real time.
//
// The words of this package:
//
//   - A connection has two ends, the client's and the server's. Each end is a
//     [Conn], and the other one is its peer. [Pipe] makes a connection.
//   - Each end has a buffer: the bytes that its peer has written and that it has
//     not read. A Write that finds the peer's buffer full waits.
//   - A [Chunking] decides how the bytes of a buffer are cut into Reads. TCP
//     promises nothing about it, so a test chooses: whole, byte by byte, at random.
//   - An end is finished when it will write no more (TCP's FIN, [Conn.CloseWrite]),
//     closed when it will not read either ([Conn.Close]), and aborted when it took
//     the connection down with it (TCP's RST, [Conn.Abort]).
//   - A [Listener] is a server's address: what is dialed on one side of it is
//     accepted on the other.
//
// Unlike those of [net.Pipe], connections have a buffer, so that a Write does not
// wait for a Read; they can be half closed; they can be aborted.
//
// A connection has no goroutine; a deadline that passes runs one for a moment, to wake
// what waits. Everything that waits is durably blocked as [testing/synctest] defines
// it: in a bubble, deadlines run on virtual time. A connection or a listener belongs
// to the bubble that it was made in.
package wire
