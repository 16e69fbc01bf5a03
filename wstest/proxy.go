package wstest

import (
	"context"
	"net"
	"testing"

	"github.com/wsflow/wsflow/internal/faults"
)

// A Proxy is a bad network before a TCP server: what connects to the proxy is connected with the server, through [Faults]. Bytes mean
// nothing to it, so TLS passes, too. It is for servers and clients that a test does not run over a [Wire]; it takes real time. Its
// methods may be called from any goroutine.
type Proxy struct {
	proxy *faults.Proxy
	all   network
}

// NewProxy starts a proxy on the loopback interface, before the server at the address target, a host with a port. When the test ends
// it does, and its connections are reset.
func NewProxy(tb testing.TB, target string, f Faults) *Proxy {
	tb.Helper()
	p, err := faults.NewProxy(target, f.engine())
	if err != nil {
		tb.Fatalf("wstest: NewProxy: %v", err)
	}
	tb.Cleanup(p.Close)
	return &Proxy{proxy: p, all: network{p.Network, p.Addr(), p.Stop, p.Close}}
}

// Addr is the address to connect to, a host with a port.
func (p *Proxy) Addr() string { return p.proxy.Addr().String() }

// DialContext connects to the proxy, whatever the address, for the DialContext of a [upgrade.Dialer] or a [net/http.Transport].
func (p *Proxy) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return dialTo(p.proxy.Addr())(ctx, "", "")
}

// SetFaults changes the faults of the connections that there are and of those to come, from the next byte on.
func (p *Proxy) SetFaults(f Faults) { p.proxy.Set(f.engine()) }

// Cut cuts the connections that there are, now. [CutHalf] ends the direction to the server.
func (p *Proxy) Cut(how Cut) { p.proxy.Cut(faults.CutKind(how)) }

// Refuse has new connections reset as soon as they are made, or ends that. A connection whose server cannot be reached is reset, too.
func (p *Proxy) Refuse(refuse bool) { p.proxy.Refuse(refuse) }

// Refused returns how many connections were reset as soon as they were made.
func (p *Proxy) Refused() int64 { return p.proxy.Refused() }

// FaultCounts returns what has passed so far, and what was done to it.
func (p *Proxy) FaultCounts() FaultCounts { return p.all.counts() }
