package wire

import (
	"net"
	"sync"
)

// DefaultBuffer is the size of an end's buffer in bytes, if [Options] do not say.
const DefaultBuffer = 64 << 10

// Options describe a connection. The zero value is a good one.
type Options struct {
	// Buffer is how many bytes each direction holds before Write waits.
	// Zero or less means DefaultBuffer. Two ends that both write more than this before
	// they read wait for each other, as over TCP.
	Buffer int

	// ClientReads and ServerReads are how the bytes that the client or the server
	// reads are cut. Nil means Whole.
	ClientReads, ServerReads Chunking

	// ClientAddr and ServerAddr are the addresses of the two ends. Nil means an Addr,
	// of which a listener gives a new one to every client.
	ClientAddr, ServerAddr net.Addr
}

// A link is what the two ends of a connection share. Its lock guards both ends and
// is held for short sections only, never across a wait.
type link struct {
	mu             sync.Mutex
	buffer         int
	client, server Conn
}

// Pipe returns the two ends of a new connection. There is nothing to release: ends
// that are no longer referred to are collected, closed or not.
func Pipe(o Options) (client, server *Conn) {
	if o.Buffer <= 0 {
		o.Buffer = DefaultBuffer
	}
	if o.ClientAddr == nil {
		o.ClientAddr = clientAddr(1)
	}
	if o.ServerAddr == nil {
		o.ServerAddr = serverAddr
	}
	l := &link{buffer: o.Buffer}
	client, server = &l.client, &l.server
	client.init(l, server, o.ClientAddr, o.ClientReads)
	server.init(l, client, o.ServerAddr, o.ServerReads)
	return client, server
}

// wakeAll lets every waiting operation of both ends look again at its condition.
func (l *link) wakeAll() {
	for _, c := range []*Conn{&l.client, &l.server} {
		c.canRead.Broadcast()
		c.canWrite.Broadcast()
	}
}
