package upgrade_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A rawServer is an upgrade.Server on a wire in memory.
type rawServer struct {
	*upgrade.Server
	t      *testing.T
	l      *wire.Listener
	served chan error
	log    lockedLog
}

// A lockedLog is written by a logger and read by a test.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// onRaw runs a test of a server in virtual time. The bubble finds goroutines that are left.
func onRaw(t *testing.T, server *upgrade.Server, test func(t *testing.T, s *rawServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newRaw(t, server)
		test(t, s)
		s.end()
	})
}

func newRaw(t *testing.T, server *upgrade.Server) *rawServer {
	s := &rawServer{Server: server, t: t, l: wire.Listen(), served: make(chan error, 1)}
	server.Logger = slog.New(slog.NewTextHandler(&s.log, nil))
	go func() { s.served <- s.Serve(s.l) }()
	return s
}

// end closes the server.
func (s *rawServer) end() {
	s.t.Helper()
	require.NoError(s.t, s.Close())
	require.ErrorIs(s.t, <-s.served, http.ErrServerClosed)
}

// A caller is a client's end with what it has read ahead.
type caller struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (s *rawServer) call() *caller {
	s.t.Helper()
	nc, err := s.l.DialContext(s.t.Context(), "", "")
	require.NoError(s.t, err)
	return callerOf(s.t, nc)
}

func callerOf(t *testing.T, nc net.Conn) *caller {
	t.Cleanup(func() { _ = nc.Close() })
	return &caller{Conn: nc, t: t, r: bufio.NewReader(nc)}
}

func (c *caller) say(format string, args ...any) {
	c.t.Helper()
	_, err := fmt.Fprintf(c, format, args...)
	require.NoError(c.t, err)
}

// hear reads a response with its body.
func (c *caller) hear() (*http.Response, string) {
	c.t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	require.NoError(c.t, err)
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return resp, ""
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp, string(body)
}

// over expects the end of the connection.
func (c *caller) over() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	require.NoError(c.t, err)
	require.Empty(c.t, rest)
}

// echoed expects a text to come back, and holds the closing handshake.
func (c *caller) echoed(text string) {
	c.t.Helper()
	frame := make([]byte, 2+len(text))
	_, err := io.ReadFull(c.r, frame)
	require.NoError(c.t, err)
	require.Equal(c.t, "\x81"+string(rune(len(text)))+text, string(frame))
}

// frames encodes texts as a client does.
func frames(texts ...string) string {
	var b []byte
	w := protocol.NewWriter(protocol.Client, nil)
	for _, text := range texts {
		b, _ = w.AppendMessage(b, protocol.OpText, []byte(text))
	}
	return string(b)
}

// opening is a correct opening handshake; fields end with CR LF each.
func opening(path string, fields ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + strings.Join(fields, "") + "\r\n"
}

func TestRawServerUpgradesAndTakesGluedFrames(t *testing.T) {
	var ws upgrade.Upgrader
	onRaw(t, &upgrade.Server{Handler: ws.Handler(echo)}, func(_ *testing.T, s *rawServer) {
		c := s.call()
		c.say("%s%s", opening("/"), frames("one", "two"))
		resp, _ := c.hear()
		require.Equal(s.t, http.StatusSwitchingProtocols, resp.StatusCode)
		c.echoed("one")
		c.echoed("two")
		c.say("%s", frames("three"))
		c.echoed("three")
	})
}

func TestRawServerLeavesOrdinaryHTTPToNetHTTP(t *testing.T) {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("GET /ws", ws.Handler(echo))
	mux.HandleFunc("POST /{name}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		_, _ = io.WriteString(w, r.PathValue("name")+" ")
		w.(http.Flusher).Flush() // chunks
		_, _ = w.Write(body)
	})
	onRaw(t, &upgrade.Server{Handler: mux}, func(t *testing.T, s *rawServer) {
		c := s.call()
		c.say("POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\nbod")
		resp, body := c.hear()
		require.Equal(t, "a bod", body)
		require.Equal(t, []string{"chunked"}, resp.TransferEncoding)

		c.say("POST /b HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
		resp, _ = c.hear()
		require.Equal(t, http.StatusContinue, resp.StatusCode)
		c.say("4\r\nmore\r\n0\r\n\r\n")
		_, body = c.hear()
		require.Equal(t, "b more", body)

		// More glued to it than net/http reads ahead.
		large := strings.Repeat("x", 100)
		many := make([]string, 100)
		for i := range many {
			many[i] = large
		}
		c.say("%s%s", opening("/ws"), frames(many...))
		resp, _ = c.hear()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		for range many {
			c.echoed(large)
		}
	})
}

func TestRawServersRequestIsThatOfNetHTTP(t *testing.T) {
	type key struct{}
	saw := make(chan *http.Request, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rooms/{room}", func(w http.ResponseWriter, r *http.Request) {
		saw <- r
		w.WriteHeader(http.StatusTeapot)
	})
	server := &upgrade.Server{
		Handler:     mux,
		BaseContext: func(net.Listener) context.Context { return context.WithValue(context.Background(), key{}, "base") },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, key{}, ctx.Value(key{}).(string)+" "+c.RemoteAddr().Network())
		},
	}
	onRaw(t, server, func(t *testing.T, s *rawServer) {
		for name, headers := range map[string]string{"ours": "Connection: Upgrade\r\nUpgrade: websocket\r\n", "net/http's": ""} {
			c := s.call()
			c.say("GET http://host.example/rooms/a%%20b?x=1 HTTP/1.1\r\nHost: other.example\r\n%sx-many: 1\r\nX-MANY:  2 \r\n\r\n", headers)
			resp, _ := c.hear()
			require.Equal(t, http.StatusTeapot, resp.StatusCode, name)
			r := <-saw
			require.Equal(t, "host.example", r.Host, name)
			require.Equal(t, "/rooms/a b", r.URL.Path, name)
			require.Equal(t, "x=1", r.URL.RawQuery, name)
			require.Equal(t, "http://host.example/rooms/a%20b?x=1", r.RequestURI, name)
			require.Equal(t, "a b", r.PathValue("room"), name)
			require.Equal(t, []string{"1", "2"}, r.Header["X-Many"], name)
			require.NotContains(t, r.Header, "Host", name)
			require.True(t, r.ProtoAtLeast(1, 1), name)
			require.Equal(t, "HTTP/1.1", r.Proto, name)
			require.Zero(t, r.ContentLength, name)
			require.Equal(t, http.NoBody, r.Body, name)
			require.Equal(t, c.LocalAddr().String(), r.RemoteAddr, name)
			require.Equal(t, c.RemoteAddr(), r.Context().Value(http.LocalAddrContextKey), name)
			require.IsType(t, &http.Server{}, r.Context().Value(http.ServerContextKey), name)
			require.Equal(t, "base memory", r.Context().Value(key{}), name)
			require.ErrorIs(t, r.Context().Err(), context.Canceled, name)
			require.NoError(t, c.Close())
		}
	})
}

func TestRawServerRetriesAcceptErrorsThatPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &failing{Listener: wire.Listen(), fails: 9}
		var log lockedLog
		server := &upgrade.Server{Handler: http.NotFoundHandler(), Logger: slog.New(slog.NewTextHandler(&log, nil))}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		begun := time.Now()
		nc, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		c := callerOf(t, nc)
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		// 5, 10, 20 … 640 ms, then 1 s.
		require.Equal(t, 1275*time.Millisecond+time.Second, time.Since(begun))
		require.Equal(t, 9, strings.Count(log.String(), "accept failed"))
		require.NoError(t, c.Close())

		l.mu.Lock()
		l.fails = 1000
		l.mu.Unlock()
		c2, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		defer c2.Close()
		synctest.Wait()
		require.NoError(t, server.Close()) // while it waits
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}

// A failing listener fails before it accepts.
type failing struct {
	*wire.Listener
	mu    sync.Mutex
	fails int
	for_  error
}

func (l *failing) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails > 0 {
		l.fails--
		if l.for_ != nil {
			return nil, l.for_
		}
		return nil, passing{}
	}
	l.mu.Unlock()
	defer l.mu.Lock()
	return l.Listener.Accept()
}

type passing struct{}

func (passing) Error() string   { return "too many open files" }
func (passing) Timeout() bool   { return false }
func (passing) Temporary() bool { return true }

func TestRawServerEndsWithAnAcceptErrorThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("no more")
		l := &failing{Listener: wire.Listen()}
		server := &upgrade.Server{Handler: http.NotFoundHandler()}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		nc, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		c := callerOf(t, nc)
		synctest.Wait()
		l.mu.Lock()
		l.fails, l.for_ = 1, cause
		l.mu.Unlock()
		other, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		defer other.Close()
		require.ErrorIs(t, <-served, cause)
		// What was accepted is still served; then nothing is left, without a Close.
		c.say("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
		resp, _ := c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		c.over()
	})
}
