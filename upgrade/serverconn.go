package upgrade

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A serverConn is a connection until it is hijacked, handed over or over.
type serverConn struct {
	s     *Server
	nc    net.Conn
	ctx   context.Context
	inner *handOver
	due   time.Time // when the head has to be there; zero for no limit
	tls   *tls.ConnectionState
	place *place // among the limited connections, or nil

	reading bool // no request is complete; guarded by s.mu
	taken   bool // by the handler or the inner http.Server
}

// start serves a connection on a goroutine of its own.
func (s *Server) start(ctx context.Context, nc net.Conn, inner *handOver) {
	room, ok := s.admit(nc)
	if !ok {
		_ = nc.Close()
		return
	}
	if s.ConnContext != nil {
		if ctx = s.ConnContext(ctx, nc); ctx == nil {
			panic("upgrade: ConnContext returned nil")
		}
	}
	c := &serverConn{s: s, nc: nc, ctx: ctx, inner: inner, reading: true, place: room}
	if !s.addConn(c) {
		room.release()
		_ = nc.Close()
		return
	}
	go c.serve()
}

// serve reads the head of the first request and passes it on.
func (c *serverConn) serve() {
	defer func() {
		if cause := recover(); cause != nil { // a function of the tls.Config
			c.panicked("connection", cause)
		}
		if !c.taken {
			_ = c.nc.Close()
		}
		c.place.release()
		c.s.removeConn(c)
	}()
	if timeout := c.s.headerTimeout(); timeout > 0 {
		c.due = time.Now().Add(timeout)
		if err := c.nc.SetDeadline(c.due); err != nil {
			return
		}
	}
	if err := c.secure(); err != nil {
		c.s.logger().Error("TLS handshake failed", "remote", c.nc.RemoteAddr(), "error", err)
		return
	}
	switch r, rest, err := c.readRequest(); {
	case err == nil && r != nil:
		c.open(r, rest)
	case err == nil:
		c.taken = c.s.begun(c) && c.inner.give(newHanded(c, rest))
		if c.taken {
			c.place = nil // who closes it gives it back
		}
	default:
		if refusal, ok := errors.AsType[*protocol.HandshakeError](err); ok {
			c.refuse(refusal)
		}
	}
}

// readRequest reads the head of the first request and returns an opening handshake with what came behind it,
// or nil and all that came. The error is a *protocol.HandshakeError for a head that is too large, or the connection's.
func (c *serverConn) readRequest() (*http.Request, []byte, error) {
	head := heads.Get().(*[headSize]byte)
	defer heads.Put(head)
	b, n, err := c.readHead(head[:0])
	if err != nil {
		return nil, nil, err
	}
	r, _, err := protocol.ParseRequest(b[:n], c.s.maxHeaderBytes())
	if refusal, ok := errors.AsType[*protocol.HandshakeError](err); ok && refusal.Status == http.StatusRequestHeaderFieldsTooLarge {
		return nil, nil, refusal
	}
	if err == nil {
		if c.s.hasTooManyFields(http.Header(r.Header)) {
			return nil, nil, &protocol.HandshakeError{Status: tooManyFields.Status, Reason: tooManyFields.Reason}
		}
		if asksForWebSocket(r) {
			if req := c.request(r); req != nil {
				return req, bytes.Clone(b[n:]), nil
			}
		}
	}
	// What is malformed for us, net/http judges as it does any request.
	return nil, bytes.Clone(b), nil
}

// secure holds the TLS handshake, if the connection has one.
func (c *serverConn) secure() error {
	secure, ok := c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	err := secure.HandshakeContext(c.ctx)
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader) {
		_, _ = io.WriteString(plain.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
		_ = plain.Conn.Close()
	}
	if err != nil {
		return err
	}
	state := secure.ConnectionState()
	c.tls = &state
	if p := state.NegotiatedProtocol; p != "" && p != "http/1.1" {
		return errors.New("upgrade: TLS agreed on the protocol " + p)
	}
	return nil
}

// looksLikeHTTP reports whether a client that was expected to begin TLS speaks HTTP.
func looksLikeHTTP(begin [5]byte) bool {
	switch string(begin[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		return true
	}
	return false
}

const headSize = 4 << 10

// heads are what most heads fit in. A connection has one until its request is read.
var heads = sync.Pool{New: func() any { return new([headSize]byte) }}

// readHead reads into b until it holds a head, more than a head may have, or what is no head, and returns
// what there is to judge: all of b, and how much of it was looked at.
func (c *serverConn) readHead(b []byte) (all []byte, n int, err error) {
	most := c.s.maxHeaderBytes()
	for {
		if len(b) == cap(b) {
			b = append(b, make([]byte, len(b))...)[:len(b)]
		}
		read, err := c.nc.Read(b[len(b):cap(b)])
		from := max(0, len(b)-3)
		b = b[:len(b)+read]
		if n := endOfHead(b, from); n > 0 && n <= most {
			return b, n, nil
		}
		if len(b) >= most {
			return b, most, nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

// endOfHead returns where the head at the start of b ends, if it does behind from, or else 0. A head that ends as none should, with
// a bare LF or before it has begun, ends too: it will be found malformed.
func endOfHead(b []byte, from int) int {
	if from == 0 && (bytes.HasPrefix(b, []byte("\n")) || bytes.HasPrefix(b, []byte("\r\n"))) {
		return len(b)
	}
	for at := from; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch rest := b[at:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return at + 1
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return at + 2
		}
	}
}

// open calls the handler with an opening handshake.
func (c *serverConn) open(r *http.Request, glued []byte) {
	ctx, cancel := context.WithCancel(context.WithValue(c.ctx, http.LocalAddrContextKey, c.nc.LocalAddr()))
	w := &serverResponse{c: c, cancel: cancel, watch: watch{glued: glued}}
	r = r.WithContext(&requestContext{Context: ctx, w: w})
	if !c.s.begun(c) {
		cancel()
		return
	}
	_ = c.nc.SetDeadline(time.Time{}) // an error shows again
	defer func() {
		if cause := recover(); cause != nil {
			w.failed = true
			if cause != http.ErrAbortHandler { // an identity, as in net/http
				c.panicked("handler", cause)
			}
		}
		cancel()
		c.taken = w.finish()
	}()
	w.failed = true // if the handler leaves its goroutine
	c.s.handler().ServeHTTP(w, r)
	w.failed = false
}

// panicked logs a panic with its stack, which is there as long as it is being recovered.
func (c *serverConn) panicked(who string, cause any) {
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, false)]
	c.s.logger().Error(who+" panicked", "remote", c.nc.RemoteAddr(), "panic", cause, "stack", string(stack))
}

// refuse answers a head that is too large.
func (c *serverConn) refuse(e *protocol.HandshakeError) {
	if c.s.begun(c) {
		if _, err := c.nc.Write(e.AppendTo(nil)); err == nil {
			c.linger()
		}
	}
}

// lingering is how long a client may take to read a response and to close, until we do. net/http waits as long.
const lingering = 500 * time.Millisecond

// linger lets the client read what it was sent: closed with bytes unread, a TCP connection is reset, and
// the client loses what it has not read yet.
func (c *serverConn) linger() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.nc.SetReadDeadline(time.Now().Add(lingering)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c.nc)
}
