// Package serve runs the server of an example: it listens, says where, and ends in good order on SIGINT and SIGTERM.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/upgrade"
)

// A Server is an HTTP server with WebSocket connections.
type Server struct {
	Addr     string // to listen on; port 0 for any
	Handler  http.Handler
	Upgrader *upgrade.Upgrader // whose connections end with the server
	TLS      bool              // with a self-signed certificate of its own
	Raw      bool              // by upgrade.Server, which makes less of an opening handshake than http.Server

	// Drain, if there is one, ends what the connections have in common before they are ended themselves.
	Drain func(ctx context.Context) error
}

// drainTimeout is how long Drain may take, shutdownTimeout how long connections have to end after it.
const (
	drainTimeout    = 5 * time.Second
	shutdownTimeout = 10 * time.Second
)

// Run serves until ctx ends or the process is told to stop. It writes its address to out once it listens.
func (s *Server) Run(ctx context.Context, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return err
	}
	scheme := "http"
	if s.TLS {
		scheme = "https"
		cert, _, err := selfsigned.Certificate("localhost", "127.0.0.1", "::1")
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	}
	server := s.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(out, "listening on %s://%s\n", scheme, listener.Addr())

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop() // a second signal kills
	fmt.Fprintln(out, "shutting down")
	err = s.drain()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err = errors.Join(err, upgrade.Shutdown(ctx, server, s.Upgrader))
	<-failed
	return err
}

func (s *Server) drain() error {
	if s.Drain == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		return fmt.Errorf("draining: %w", err)
	}
	return nil
}

// server returns what serves; the deadlines of a WebSocket connection begin where those of a server end: with
// the handshake.
func (s *Server) server() interface {
	Serve(l net.Listener) error
	Shutdown(ctx context.Context) error
} {
	if s.Raw {
		return &upgrade.Server{Handler: s.Handler} // its defaults are these
	}
	return &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
