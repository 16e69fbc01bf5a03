package upgrade

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// A onceListener is a listener that is closed once, whoever does it.
type onceListener struct {
	net.Listener
	once sync.Once
	err  error
}

func (l *onceListener) Close() error {
	l.once.Do(func() { l.err = l.Listener.Close() })
	return l.err
}

// ListenAndServe listens on Addr and serves. The error is never nil; after [Server.Shutdown] or [Server.Close] it
// is [http.ErrServerClosed].
func (s *Server) ListenAndServe() error {
	l, err := s.listen(":http")
	if err != nil {
		return err
	}
	return s.Serve(l)
}

// ListenAndServeTLS listens on Addr and serves over TLS, with the certificate and key of these files unless
// TLSConfig has some. Its error is that of [Server.ListenAndServe].
func (s *Server) ListenAndServeTLS(certFile, keyFile string) error {
	l, err := s.listen(":https")
	if err != nil {
		return err
	}
	return s.ServeTLS(l, certFile, keyFile)
}

func (s *Server) listen(otherwise string) (net.Listener, error) {
	s.init()
	if s.isDown() {
		return nil, http.ErrServerClosed
	}
	l, err := net.Listen("tcp", cmp.Or(s.Addr, otherwise))
	if err != nil {
		return nil, fmt.Errorf("upgrade: listen: %w", err)
	}
	return l, nil
}

// ServeTLS is [Server.Serve] over TLS, with the certificate and key of these files unless TLSConfig has some. TLS
// agrees on the protocol "http/1.1", or on none with a client that offers none.
func (s *Server) ServeTLS(l net.Listener, certFile, keyFile string) error {
	config := s.TLSConfig.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.NextProtos = []string{"http/1.1"}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil || certFile != "" || keyFile != "" {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			_ = l.Close()
			return fmt.Errorf("upgrade: certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	return s.Serve(tls.NewListener(l, config))
}

// Serve accepts connections, from any kind of listener, until it fails or the server ends; then l is closed. Accept
// errors that pass, such as too many open files, are logged, and it tries again after a while. The error is never nil;
// after [Server.Shutdown] or [Server.Close] it is [http.ErrServerClosed]. Several calls, with a
// listener each, may run at a time.
//
// Connections of another kind of TLS listener than [Server.ServeTLS] makes are served over TLS too, if
// what is accepted is a [*tls.Conn].
func (s *Server) Serve(l net.Listener) error {
	s.init()
	once := &onceListener{Listener: l}
	defer func() { _ = once.Close() }()
	ctx := context.Background()
	if s.BaseContext != nil {
		if ctx = s.BaseContext(l); ctx == nil {
			panic("upgrade: BaseContext returned nil")
		}
	}
	ctx = context.WithValue(ctx, http.ServerContextKey, s.http)
	if !s.addListener(once) {
		return http.ErrServerClosed
	}
	defer s.removeListener(once)
	inner := newHandOver(l.Addr())
	defer inner.release() // connections that are being read hold it longer
	go func() { _ = s.http.Serve(inner) }()
	for pause := time.Duration(0); ; {
		nc, err := once.Accept()
		switch {
		case err == nil:
			pause = 0
			s.start(ctx, nc, inner)
		case s.isDown():
			return http.ErrServerClosed
		case !passes(err):
			return fmt.Errorf("upgrade: accept: %w", err)
		default:
			pause = min(max(2*pause, firstPause), lastPause)
			s.logger().Error("accept failed", "event", "accept_failed", "error", err, "retry", pause)
			if !s.wait(pause) {
				return http.ErrServerClosed
			}
		}
	}
}

const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// passes reports whether an accept error is one that passes. net/http asks the same way.
func passes(err error) bool {
	passing, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && passing.Temporary()
}

// wait returns false if the server ends meanwhile.
func (s *Server) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}
