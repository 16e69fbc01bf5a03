package upgrade_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

func contextOf(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}

// withoutLeak runs a test over real sockets, and waits until no more goroutines run than before.
func withoutLeak(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	before := runtime.NumGoroutine()
	test(t)
	for begun := time.Now(); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			stacks := make([]byte, 1<<20)
			t.Fatalf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// certifiedServer returns a server that answers 404 over TLS, and what its clients trust.
func certifiedServer(t *testing.T) (*upgrade.Server, *tls.Config) {
	t.Helper()
	cert, pool, err := selfsigned.Certificate("127.0.0.1", "localhost")
	require.NoError(t, err)
	var ws upgrade.Upgrader
	server := &upgrade.Server{
		Handler:   ws.Handler(echo),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}},
	}
	return server, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// As net/http does, the server outlives what panics in the functions of a tls.Config.
func TestRawServerSurvivesItsTLSConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, trust := certifiedServer(t)
		certificates := server.TLSConfig.Certificates
		server.TLSConfig.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "localhost" {
				panic("no certificate today")
			}
			return &certificates[0], nil
		}
		server.TLSConfig.Certificates = nil
		s := &rawServer{Server: server, t: t, l: wire.Listen(), served: make(chan error, 1)}
		server.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
		go func() { s.served <- s.ServeTLS(s.l, "", "") }()
		require.Error(t, tls.Client(s.call().Conn, trust).HandshakeContext(t.Context()))
		require.Contains(t, s.log.String(), "no certificate today")
		trust.ServerName = "127.0.0.1"
		c := tls.Client(s.call().Conn, trust)
		require.NoError(t, c.HandshakeContext(t.Context()))
		require.NoError(t, c.Close())
		s.end()
	})
}

func TestRawServerOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, trust := certifiedServer(t)
		seen := make(chan *tls.ConnectionState, 3)
		inner := server.Handler
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen <- r.TLS
			inner.ServeHTTP(w, r)
		})
		l := wire.Listen()
		served := make(chan error, 1)
		go func() { served <- server.ServeTLS(l, "", "") }()
		config := trust.Clone()
		config.NextProtos = []string{"h2", "http/1.1"}
		raw, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		secure := tls.Client(raw, config)
		require.NoError(t, secure.HandshakeContext(t.Context()))
		require.Equal(t, "http/1.1", secure.ConnectionState().NegotiatedProtocol)
		c := callerOf(t, secure)
		c.say("%s", opening("/")+frames("glued"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		c.echoed("glued")
		require.True(t, (<-seen).HandshakeComplete)

		// An ordinary request first, then an upgrade on the same connection.
		raw, err = l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		d := callerOf(t, tls.Client(raw, trust.Clone()))
		d.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		resp, _ = d.hear()
		require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
		require.True(t, (<-seen).HandshakeComplete)
		d.say("%s", opening("/"))
		resp, _ = d.hear()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		d.say("%s", frames("later"))
		d.echoed("later")
		require.NoError(t, c.Close())
		require.NoError(t, d.Close())
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

func TestRawServerCutsSlowTLSHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := certifiedServer(t)
		var log lockedLog
		server.Logger = slog.New(slog.NewTextHandler(&log, nil))
		l := wire.Listen()
		served := make(chan error, 1)
		go func() { served <- server.ServeTLS(l, "", "") }()
		begun := time.Now()
		nc, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.ReadAll(nc)
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Contains(t, log.String(), "TLS handshake failed")

		nc, err = l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		c := callerOf(t, nc)
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, "HTTP to an HTTPS server")

		_, err = l.DialContext(t.Context(), "", "") // is in its handshake
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, server.Shutdown(t.Context()))
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

func TestRawServerTakesNoOtherProtocolOfATLSListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, trust := certifiedServer(t)
		config := server.TLSConfig
		l := wire.Listen()
		served := make(chan error, 1)
		go func() { served <- server.Serve(tls.NewListener(l, config)) }()
		raw, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		asks := trust.Clone()
		asks.NextProtos = []string{"h2"}
		secure := tls.Client(raw, asks)
		require.NoError(t, secure.HandshakeContext(t.Context()))
		callerOf(t, secure).over()
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

func TestRawServerOverSockets(t *testing.T) {
	var ws upgrade.Upgrader
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			withoutLeak(t, func(t *testing.T) {
				address := "127.0.0.1:0"
				if network == "unix" {
					address = filepath.Join(t.TempDir(), "s")
				}
				l, err := net.Listen(network, address)
				require.NoError(t, err)
				server := &upgrade.Server{Handler: ws.Handler(echo)}
				served := make(chan error, 1)
				go func() { served <- server.Serve(l) }()
				for _, first := range []string{"", "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"} {
					nc, err := net.Dial(network, l.Addr().String())
					require.NoError(t, err)
					c := callerOf(t, nc)
					if first != "" {
						c.say("%s", first)
						resp, _ := c.hear()
						require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
					}
					c.say("%s", opening("/")+frames("glued"))
					resp, _ := c.hear()
					require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
					c.echoed("glued")
					require.NoError(t, c.Close())
				}
				idle, err := net.Dial(network, l.Addr().String())
				require.NoError(t, err)
				defer idle.Close()
				require.NoError(t, server.Shutdown(t.Context()))
				require.ErrorIs(t, <-served, http.ErrServerClosed)
			})
		})
	}
}

func TestRawServerListens(t *testing.T) {
	var ws upgrade.Upgrader
	withoutLeak(t, func(t *testing.T) {
		for _, serve := range []func(s *upgrade.Server) error{
			(*upgrade.Server).ListenAndServe,
			func(s *upgrade.Server) error { return s.ListenAndServeTLS("", "") },
		} {
			cert, _, err := selfsigned.Certificate("localhost")
			require.NoError(t, err)
			addrs := make(chan net.Addr, 1)
			server := &upgrade.Server{
				Addr: "127.0.0.1:0", Handler: ws.Handler(echo), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
				BaseContext: func(l net.Listener) context.Context {
					addrs <- l.Addr()
					return context.Background()
				},
			}
			served := make(chan error, 1)
			go func() { served <- serve(server) }()
			nc, err := net.Dial("tcp", (<-addrs).String())
			require.NoError(t, err)
			require.NoError(t, nc.Close())
			require.NoError(t, server.Close())
			require.ErrorIs(t, <-served, http.ErrServerClosed)
		}
	})
	require.Error(t, (&upgrade.Server{Addr: "256.0.0.1:1"}).ListenAndServe())
	l := wire.Listen()
	err := (&upgrade.Server{}).ServeTLS(l, "none.pem", "none.key")
	require.ErrorContains(t, err, "none.pem")
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.True(t, strings.HasPrefix(err.Error(), "accept"))
}

func TestRawServersCloseEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRaw(t, answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		texts := []string{"", "GET /", opening("/"), "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "GET / HTTP/1.1\nHost"}
		var callers []*caller
		for _, text := range texts {
			c := s.call()
			c.say("%s", text)
			callers = append(callers, c)
		}
		synctest.Wait()
		s.end()
		for _, c := range callers {
			c.over()
		}
	})
}
