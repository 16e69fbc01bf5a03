package faults_test

import (
	"bytes"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/faults"
)

// proxied returns a client and the server's end of a connection through a proxy.
func proxied(t *testing.T, f faults.Faults) (client, server *net.TCPConn, p *faults.Proxy) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	p, err = faults.NewProxy(l.Addr().String(), f)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return dial(t, p), accept(t, l), p
}

func dial(t *testing.T, p *faults.Proxy) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial("tcp", p.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	return nc.(*net.TCPConn)
}

func accept(t *testing.T, l net.Listener) *net.TCPConn {
	t.Helper()
	nc, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	return nc.(*net.TCPConn)
}

func toServer(d faults.Direction) faults.Faults { return faults.Faults{ToServer: d} }

func TestProxyPassesAllBytesBothWays(t *testing.T) {
	client, server, p := proxied(t, faults.Faults{})
	all := some(3 << 20)
	for _, way := range []struct{ from, to *net.TCPConn }{{client, server}, {server, client}} {
		go func() {
			_, _ = way.from.Write(all)
			_ = way.from.CloseWrite()
		}()
		got, err := io.ReadAll(way.to)
		require.NoError(t, err)
		require.True(t, bytes.Equal(all, got))
	}
	s := p.Stats()
	require.Equal(t, int64(len(all)), s.ToServer.Bytes)
	require.Equal(t, int64(len(all)), s.ToClient.Bytes)
	require.Equal(t, uint64(1), s.Joined)
}

func TestProxyDelaysAtLeastByTheLatency(t *testing.T) {
	client, server, _ := proxied(t, toServer(faults.Direction{Latency: 20 * time.Millisecond}))
	start := time.Now()
	_, err := client.Write([]byte("x"))
	require.NoError(t, err)
	_, err = io.ReadFull(server, make([]byte, 1))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 20*time.Millisecond)
}

func TestProxyStallsUntilItIsToldOtherwise(t *testing.T) {
	client, server, p := proxied(t, toServer(faults.Direction{StallAfter: 2, StallFor: -1}))
	_, err := client.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = io.ReadFull(server, make([]byte, 2))
	require.NoError(t, err)
	require.Equal(t, int64(2), p.Stats().ToServer.Bytes)
	p.Set(faults.Faults{})
	rest := make([]byte, 3)
	_, err = io.ReadFull(server, rest)
	require.NoError(t, err)
	require.Equal(t, "llo", string(rest))
}

func TestProxyCutsAtExactlyTheByte(t *testing.T) {
	for _, n := range []int64{0, 1, 100_000} {
		client, server, _ := proxied(t, toServer(faults.Direction{Cut: faults.CutFIN, CutAfter: n}))
		all := some(200_000)
		go func() { _, _ = client.Write(all) }()
		got, err := io.ReadAll(server)
		require.NoError(t, err, "the end is one in good order")
		require.True(t, bytes.Equal(all[:n], got))
		_, err = client.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
	}
}

func TestProxyResetsBothEnds(t *testing.T) {
	client, server, p := proxied(t, faults.Faults{})
	p.Cut(faults.CutRST)
	for _, end := range []net.Conn{client, server} {
		_, err := end.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
}

func TestProxyEndsOneDirection(t *testing.T) {
	client, server, _ := proxied(t, toServer(faults.Direction{Cut: faults.CutHalf, CutAfter: 3}))
	_, err := client.Write([]byte("hello"))
	require.NoError(t, err)
	got, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "hel", string(got))
	_, err = server.Write([]byte("still here"))
	require.NoError(t, err)
	_, err = io.ReadFull(client, make([]byte, 10))
	require.NoError(t, err)
}

func TestProxyFlipsExactlyTheBits(t *testing.T) {
	client, server, p := proxied(t, toServer(faults.Direction{CorruptAt: 1, CorruptBits: 0x20}))
	_, err := client.Write([]byte("HELLO"))
	require.NoError(t, err)
	got := make([]byte, 5)
	_, err = io.ReadFull(server, got)
	require.NoError(t, err)
	require.Equal(t, "HeLLO", string(got))
	require.Equal(t, int64(1), p.Stats().ToServer.Corrupted)
}

func TestProxyRefuses(t *testing.T) {
	_, _, p := proxied(t, faults.Faults{})
	p.Refuse(true)
	requireReset(t, p)
	require.Equal(t, int64(1), p.Refused())
	p.Refuse(false)
	client := dial(t, p)
	_, err := client.Write([]byte("x"))
	require.NoError(t, err)
}

func TestProxyWithoutItsServerResets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p, err := faults.NewProxy(l.Addr().String(), faults.Faults{})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	require.NoError(t, l.Close())
	requireReset(t, p)
}

// requireReset fails unless a new connection is reset, which may be so fast that there is none.
func requireReset(t *testing.T, p *faults.Proxy) {
	t.Helper()
	nc, err := net.Dial("tcp", p.Addr().String())
	if err == nil {
		_, err = nc.Read(make([]byte, 1))
		_ = nc.Close()
	}
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestClosedProxyHasNothingAtWork(t *testing.T) {
	client, server, p := proxied(t, toServer(faults.Direction{Latency: time.Hour, StallFor: -1}))
	_, err := client.Write([]byte("x"))
	require.NoError(t, err)
	p.Close()
	require.Zero(t, p.Stats().Open)
	_, err = server.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	_, err = net.Dial("tcp", p.Addr().String())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}
