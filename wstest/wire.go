package wstest

import (
	"crypto/tls"
	"net"
	"strings"

	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
)

// A Wire is what a client and a server are connected by. The zero Wire is in memory, and so for any test, in a bubble
// of testing/synctest or not.
type Wire struct {
	// TCP takes the loopback interface instead of memory. Virtual time stands still while a
	// goroutine waits for it: it is not for bubbles.
	TCP bool

	// TLS encrypts, with a certificate that is made for the server.
	TLS bool

	// ClientReads and ServerReads cut what the client and the server read, nil as Whole does. They are for
	// memory, since TCP cuts where it likes; with TLS they cut its records.
	ClientReads, ServerReads Chunking

	// Faults make the wire a bad one, in memory and with TCP. [Server.SetFaults] changes them later, for which they may
	// be empty at first. Nil is a wire that has none and gets none.
	Faults *Faults

	// Buffer is how many bytes wait in each direction, in memory, before a write does. 0 means 64 KiB.
	Buffer int
}

// Wires are those that a test suite runs over to see that its tests in memory hold for production: memory, TCP,
// and TLS over TCP.
func Wires() []Wire {
	return []Wire{{}, {TCP: true}, {TCP: true, TLS: true}}
}

// String names the wire, for subtests: "memory", "TCP", "TLS over memory", "TLS over TCP".
func (w Wire) String() string {
	var name strings.Builder
	if w.TLS {
		name.WriteString("TLS over ")
	}
	if w.TCP {
		name.WriteString("TCP")
	} else {
		name.WriteString("memory")
	}
	return name.String()
}

// listen opens the server's end, without TLS, and returns the way to it, with the network on it if the wire has faults. The
// address that is dialed does not matter.
func (w Wire) listen() (net.Listener, dialFunc, *network, error) {
	if !w.TCP {
		l := wire.Listen()
		l.Options = wire.Options{
			Buffer:      w.Buffer,
			ClientReads: wire.Chunking(w.ClientReads),
			ServerReads: wire.Chunking(w.ServerReads),
		}
		if w.Faults != nil {
			n, dial := w.faultyMemory(l)
			return l, dial, n, nil
		}
		return l, l.DialContext, nil, nil
	}
	if w.ClientReads != nil || w.ServerReads != nil || w.Buffer != 0 {
		return nil, nil, nil, errChunkedTCP
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	if w.Faults == nil {
		return l, dialTo(l.Addr()), nil, nil
	}
	p, err := faults.NewProxy(l.Addr().String(), w.Faults.engine())
	if err != nil {
		_ = l.Close()
		return nil, nil, nil, err
	}
	return l, dialTo(p.Addr()), &network{p.Network, p.Addr(), p.Stop, p.Close}, nil
}

// host is the authority that clients ask for.
func (w Wire) host(l net.Listener) string {
	if w.TCP {
		return l.Addr().String()
	}
	return serverName
}

// scheme completes the scheme "ws" or "http".
func (w Wire) scheme(plain string) string {
	if w.TLS {
		return plain + "s"
	}
	return plain
}

// secure makes the two TLS configurations, or nil without TLS.
func (w Wire) secure() (server, client *tls.Config, err error) {
	if !w.TLS {
		return nil, nil, nil
	}
	return tlsConfigs()
}

// A Chunking says how many of the n bytes, at least 1, that a read could return it does return. It is
// called while its connection is locked and must neither wait nor use it.
type Chunking func(n int) int

// Whole is the [Chunking] that cuts nothing.
func Whole(n int) int { return n }

// ByteByByte is the [Chunking] that gives each byte to a read of its own.
func ByteByByte(int) int { return 1 }

// AtRandom returns a [Chunking] that cuts at random, more often into small pieces than into large ones. With
// the same seed and the same reads it cuts the same.
func AtRandom(seed uint64) Chunking { return Chunking(wire.Random(seed)) }
