package upgrade

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Server serves HTTP/1.1 on a listener, like [http.Server], and makes less of an opening handshake: it reads the
// head of a connection's first request itself, and if that asks for a WebSocket connection it calls Handler with no
// more than an opening handshake needs. Every other connection is handed over to an [http.Server] with the
// same Handler, together with what was read, so that ordinary HTTP is net/http's own: keep-alive, chunks, 100-continue, and an
// opening handshake that comes as a later request of a connection.
//
// Handler, and so any router and middleware, sees little difference: the response that refuses an opening
// handshake closes the connection; the request's context watches for a client that goes away only once
// somebody asks for its Done; and what is hijacked from any other request is a net.Conn around the listener's. Of TLS, the
// protocol that it agrees on is "http/1.1"; there is no HTTP/2.
//
// The zero Server is ready, and its limits and deadlines hold. Its fields are not changed once it serves; its methods
// may be called from any goroutine. A Server is not copied, and not used again after [Server.Shutdown] or [Server.Close].
type Server struct {
	// Addr is the TCP address that [Server.ListenAndServe] listens on, as "host:port". Default ":http", or
	// ":https" for [Server.ListenAndServeTLS].
	Addr string

	// Handler answers the requests. Default [http.DefaultServeMux].
	Handler http.Handler

	// TLSConfig is for [Server.ServeTLS] and [Server.ListenAndServeTLS]; may be nil. It is not changed. Its NextProtos are
	// not used.
	TLSConfig *tls.Config

	// ReadHeaderTimeout is how long a client may take until the head of its request is read: for the first one from the
	// moment that the connection is accepted, with the TLS handshake. It also limits each write of a
	// response to an opening handshake that is refused. Default 10 s; a negative value means no limit.
	ReadHeaderTimeout time.Duration

	// ReadTimeout, WriteTimeout and IdleTimeout are those of [http.Server], for ordinary requests; ReadTimeout of the first
	// one begins when that is handed over. 0 means none, but
	// for IdleTimeout, whose default is a minute. WebSocket connections have deadlines of their own, in [Settings].
	ReadTimeout, WriteTimeout, IdleTimeout time.Duration

	// MaxHeaderBytes is how many bytes the head of a request may have; more are answered with 431. Default 64 KiB.
	// Of requests that come later on a connection, net/http takes up to 4 KiB more.
	MaxHeaderBytes int

	// MaxHeaderFields is how many header fields a request may have; more are answered with 431. The default, which is
	// also the most that can be set, is [protocol.MaxHeaderLines].
	MaxHeaderFields int

	// MaxConnections and MaxConnectionsPerAddress are how many connections it serves at a time, in all and of one address, or of
	// one network of 64 bits of IPv6. One beyond them is closed as soon as it is accepted, without an answer, and
	// [Server.Refused] counts it. 0, the default, or less means no limit. A connection counts while the head of its request is
	// awaited, its opening handshake is answered, or it is one of ordinary HTTP. WebSocket connections are those of
	// [Upgrader].MaxConnections.
	MaxConnections, MaxConnectionsPerAddress int

	// BaseContext returns the context that the requests of a listener begin from. Default [context.Background].
	BaseContext func(net.Listener) context.Context

	// ConnContext may change the context of a new connection.
	ConnContext func(ctx context.Context, c net.Conn) context.Context

	// Logger gets the panics of handlers and the errors of connections that nobody else can be told.
	// Default [slog.Default].
	Logger *slog.Logger

	once sync.Once
	http *http.Server // for what is no opening handshake

	places serverPlaces

	mu         sync.Mutex
	down       bool
	done       chan struct{} // closed when down
	listeners  map[*onceListener]struct{}
	conns      map[*serverConn]struct{} // that are neither hijacked nor handed over
	empty      chan struct{}            // closed when down and both are empty
	onShutdown []func()
}

const (
	defaultHeaderTimeout  = 10 * time.Second
	defaultIdleTimeout    = time.Minute
	defaultMaxHeaderBytes = protocol.DefaultMaxHead
)

// init makes what the fields describe.
func (s *Server) init() {
	s.once.Do(func() {
		s.places.init(s)
		s.done, s.empty = make(chan struct{}), make(chan struct{})
		s.listeners, s.conns = make(map[*onceListener]struct{}), make(map[*serverConn]struct{})
		s.http = &http.Server{
			Handler:           http.HandlerFunc(s.serveOrdinary),
			ReadHeaderTimeout: s.headerTimeout(),
			ReadTimeout:       s.ReadTimeout,
			WriteTimeout:      s.WriteTimeout,
			IdleTimeout:       s.IdleTimeout,
			MaxHeaderBytes:    s.maxHeaderBytes(),
			ErrorLog:          slog.NewLogLogger(s.logger().Handler(), slog.LevelError),
			ConnContext:       func(_ context.Context, nc net.Conn) context.Context { return connOf(nc).ctx },
		}
		s.http.Protocols = new(http.Protocols)
		s.http.Protocols.SetHTTP1(true)
		if s.IdleTimeout == 0 {
			s.http.IdleTimeout = defaultIdleTimeout
		}
	})
}

// connOf returns the connection that a net.Conn of the inner http.Server is.
func connOf(nc net.Conn) *handedConn {
	if secure, ok := nc.(*handedTLS); ok {
		return &secure.handedConn
	}
	return nc.(*handedConn)
}

func (s *Server) handler() http.Handler {
	if s.Handler == nil {
		return http.DefaultServeMux
	}
	return s.Handler
}

func (s *Server) logger() *slog.Logger {
	if s.Logger == nil {
		return slog.Default()
	}
	return s.Logger
}

// headerTimeout returns 0 for none.
func (s *Server) headerTimeout() time.Duration {
	switch {
	case s.ReadHeaderTimeout == 0:
		return defaultHeaderTimeout
	case s.ReadHeaderTimeout < 0:
		return 0
	}
	return s.ReadHeaderTimeout
}

func (s *Server) maxHeaderBytes() int {
	if s.MaxHeaderBytes <= 0 {
		return defaultMaxHeaderBytes
	}
	return s.MaxHeaderBytes
}

// hasTooManyFields reports whether a header has more than MaxHeaderFields.
func (s *Server) hasTooManyFields(h http.Header) bool {
	most, n := s.MaxHeaderFields, 0
	if most <= 0 || most > protocol.MaxHeaderLines {
		most = protocol.MaxHeaderLines
	}
	for _, values := range h {
		n += len(values)
	}
	return n > most
}

// serveOrdinary serves a request that net/http has read.
func (s *Server) serveOrdinary(w http.ResponseWriter, r *http.Request) {
	if s.hasTooManyFields(r.Header) {
		tooManyFields.ServeHTTP(w, r)
		return
	}
	s.handler().ServeHTTP(w, r)
}

var tooManyFields = &Rejection{
	Status: http.StatusRequestHeaderFieldsTooLarge, Reason: "too many header fields",
	Header: http.Header{"Connection": {"close"}},
}
