package wstest

import (
	"context"
	"net"
	"time"

	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
)

// Faults are what a bad network does to the bytes that pass between a client and a server. What passes keeps its order, none is
// lost but by a cut, and a receiver that takes none makes the sender wait. The zero Faults do nothing.
//
// A wire has them ([Wire].Faults), or a [Proxy]. In memory they follow the virtual time of a bubble of [testing/synctest],
// and are exact; TLS stands above them.
type Faults struct {
	// ToServer and ToClient are the two directions.
	ToServer, ToClient Link

	// Seed is that of what happens at random: with the same seed it is the same, for each connection in the order
	// that they were made, and for the same bytes.
	Seed uint64
}

// A Link is what happens to the bytes that go one way. Its offsets count the bytes of a connection that have passed, with those of
// the handshakes, since the connection began, or since the faults were set while it was open.
type Link struct {
	// Latency is how long each byte takes. Jitter is how much longer it may take, at random. The bytes that are under way
	// are at most 64 KiB, or as many as Bandwidth lets pass meanwhile.
	Latency, Jitter time.Duration

	// Bandwidth is how many bytes pass in a second, evenly. 0 is no limit.
	Bandwidth int64

	// Chunking cuts what passes into writes of its own, and in memory also into reads. TCP may put writes together again.
	Chunking Chunking

	// StallFor is how long nothing passes once StallAfter bytes have. A negative value is for ever: the other end has gone
	// without a word.
	StallFor   time.Duration
	StallAfter int64

	// Cut is how the connection ends once exactly CutAfter bytes have passed.
	Cut      Cut
	CutAfter int64

	// CorruptBits are flipped in the byte that comes after CorruptAt others.
	CorruptBits byte
	CorruptAt   int64

	// CorruptRate is how likely a byte passes with one of its bits flipped: from 0, which is never, to 1.
	CorruptRate float64
}

// A Cut is a way that a connection ends which none of its ends has chosen.
type Cut uint8

const (
	// NoCut is none.
	NoCut Cut = iota

	// CutFIN ends the connection as if each end had been closed by the other: both read to the end, [io.EOF]. What was
	// under way is lost.
	CutFIN

	// CutRST resets the connection: both ends get [syscall.ECONNRESET]. What has arrived and was not read is lost, as with
	// TCP, so a cut inside a message is better one of the others.
	CutRST

	// CutHalf ends one direction: who receives reads to the end, who sends notices nothing. The other direction goes on.
	CutHalf
)

// String returns "none", "FIN", "RST" or "half".
func (c Cut) String() string { return faults.CutKind(c).String() }

// FaultCounts are what has passed, and what was done to it.
type FaultCounts struct {
	Connections        uint64 // ever
	Open               int    // now
	ToServer, ToClient LinkCounts
}

// LinkCounts are what has passed one way.
type LinkCounts struct {
	Bytes     int64
	Corrupted int64 // bytes of them
	Stalls    int64 // that have begun
	Cuts      int64 // that CutAfter has made
}

func (f Faults) engine() faults.Faults {
	return faults.Faults{ToServer: f.ToServer.engine(), ToClient: f.ToClient.engine(), Seed: f.Seed}
}

func (l Link) engine() faults.Direction {
	return faults.Direction{
		Latency: l.Latency, Jitter: l.Jitter, Bandwidth: l.Bandwidth, Chunking: l.Chunking,
		StallFor: l.StallFor, StallAfter: l.StallAfter, Cut: faults.CutKind(l.Cut), CutAfter: l.CutAfter,
		CorruptBits: l.CorruptBits, CorruptAt: l.CorruptAt, CorruptRate: l.CorruptRate,
	}
}

// A network is what makes a wire a bad one. A nil one does nothing.
type network struct {
	*faults.Network
	addr  net.Addr // that clients connect to instead of the server's, or nil
	stop  func()   // nothing more is connected, or nil
	close func()
}

// shut leaves the connections that there are as they are.
func (n *network) shut() {
	if n != nil && n.stop != nil {
		n.stop()
	}
}

func (n *network) end() {
	if n != nil {
		n.close()
	}
}

func (n *network) counts() FaultCounts {
	s := n.Stats()
	return FaultCounts{
		Connections: s.Joined, Open: s.Open, ToServer: LinkCounts(s.ToServer), ToClient: LinkCounts(s.ToClient),
	}
}

// faultyMemory returns the way to a listener in memory that leads over a relay.
func (w Wire) faultyMemory(l *wire.Listener) (*network, dialFunc) {
	n := faults.NewNetwork(w.Faults.engine())
	if l.Options.ServerReads == nil {
		l.Options.ServerReads = chunked(func() Chunking { return n.Faults().ToServer.Chunking })
	}
	clientReads := l.Options.ClientReads
	if l.Options.ClientReads = nil; clientReads == nil {
		clientReads = chunked(func() Chunking { return n.Faults().ToClient.Chunking })
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		far, err := l.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		client, near := wire.Pipe(wire.Options{
			Buffer: w.Buffer, ClientReads: clientReads, ClientAddr: far.LocalAddr(), ServerAddr: far.RemoteAddr(),
		})
		n.Join(near, far.(*wire.Conn))
		return client, nil
	}
	return &network{Network: n, close: n.Close}, dial
}

// chunked asks each time for the chunking to use.
func chunked(current func() Chunking) wire.Chunking {
	return func(n int) int {
		if c := current(); c != nil {
			return c(n)
		}
		return n
	}
}

// faulty returns the network of a wire that has faults, and ends the test if it has none.
func (s *Server) faulty() *network {
	s.tb.Helper()
	if s.network == nil {
		s.tb.Fatalf("wstest: the wire of the server has no Faults, which may be empty")
	}
	return s.network
}

// SetFaults changes the faults of the connections that there are and of those to come, from the next byte on. The wire of the server
// has [Wire].Faults.
func (s *Server) SetFaults(f Faults) {
	s.tb.Helper()
	s.faulty().Set(f.engine())
}

// Cut cuts the connections that there are, now. [CutHalf] ends the direction to the server. The wire of the server has [Wire].Faults.
func (s *Server) Cut(how Cut) {
	s.tb.Helper()
	s.faulty().Cut(faults.CutKind(how))
}

// FaultCounts returns what has passed so far, and what was done to it. The wire of the server has [Wire].Faults.
func (s *Server) FaultCounts() FaultCounts {
	s.tb.Helper()
	return s.faulty().counts()
}
