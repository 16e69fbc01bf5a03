package conformance_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
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
	if !w.TLS {
		go func() { served <- server.Serve(l) }()
		return host, func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", host) }
	}
	cert, pool, err := selfsigned.Certificate("127.0.0.1")
	require.NoError(t, err)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	go func() { served <- server.ServeTLS(l, "", "") }()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	return host, func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", host) }
}

func TestOurRawServerPassesEveryCase(t *testing.T) {
	for _, c := range configurations() {
		c.in(t, func(t *testing.T) {
			ws := upgrade.Upgrader{Settings: upgrade.Settings{Streaming: c.streaming, MaxMessage: c.limit, Logger: slog.New(slog.DiscardHandler)}}
			host, dial := serveRaw(t, ws.Handler(echo), c.wire)
			server := conformance.Server{URL: "ws://" + host + "/", Name: "our raw server, " + c.name, Timeout: 10 * time.Second, Dial: dial}
			if c.virtual() {
				server.Pause = time.Millisecond
			}
			check(t, server.Run(t.Context(), conformance.Cases(c.options)))
		})
	}
}
