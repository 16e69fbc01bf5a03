package conformance_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// serveRaw serves a handler with an upgrade.Server over a wire until the test ends, and returns the way to it.
func serveRaw(t *testing.T, h http.Handler, w wstest.Wire) (host string, dial func(context.Context) (net.Conn, error)) {
	t.Helper()
	server := &upgrade.Server{Handler: h, Logger: slog.New(slog.DiscardHandler)}
	served := make(chan error, 1)
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	if !w.TCP {
		l := wire.Listen()
		l.Options.ServerReads = wire.Chunking(w.ServerReads)
		go func() { served <- server.Serve(l) }()
		return "example.com", func(ctx context.Context) (net.Conn, error) { return l.DialContext(ctx, "", "") }
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host = l.Addr().String()
	plain := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", host) }
	if !w.TLS {
		go func() { served <- server.Serve(l) }()
		return host, plain
	}
	cert, pool, err := selfsigned.Certificate("127.0.0.1")
	require.NoError(t, err)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	go func() { served <- server.ServeTLS(l, "", "") }()
	trust := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	return host, func(ctx context.Context) (net.Conn, error) {
		nc, err := plain(ctx)
		if err != nil {
			return nil, err
		}
		return tls.Client(nc, trust), nil
	}
}

// The raw server is out of the way once a connection is open. Over TCP and TLS all cases are played, over memory, in virtual
// time and byte by byte, those of the opening handshake; those about compression once.
func TestOurRawServerPassesEveryCase(t *testing.T) {
	for _, c := range configurations() {
		if c.compression != nil && (c.virtual() || c.wire.TLS) {
			continue
		}
		cases := c.cases()
		if c.compression == nil {
			cases = slices.DeleteFunc(cases, aboutDeflate)
		}
		if c.virtual() {
			cases = slices.DeleteFunc(cases, func(one conformance.Case) bool { return !one.Matches("20") })
		}
		c.in(t, func(t *testing.T) {
			ws := upgrade.Upgrader{Settings: upgrade.Settings{Streaming: c.streaming, MaxMessage: c.limit, Compression: c.compression, Logger: slog.New(slog.DiscardHandler)}}
			host, dial := serveRaw(t, ws.Handler(echo), c.wire)
			server := conformance.Server{URL: "ws://" + host + "/", Name: "our raw server, " + c.name, Timeout: 10 * time.Second, Dial: dial}
			if c.virtual() {
				server.Pause = time.Millisecond
			}
			run := server.Run(t.Context(), cases)
			check(t, run)
			c.checkCompressed(t, run)
		})
	}
}
