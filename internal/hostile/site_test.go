package hostile_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

// A setup is what a row needs of the server. The zero setup is an echo with the default settings, but for
// deadlines that are short where time is real.
type setup struct {
	settings upgrade.Settings
	handler  upgrade.Handler
	short    *upgrade.Settings // instead of settings, where time is real
	upgrader func(ws *upgrade.Upgrader)
	http     func(ws *upgrade.Upgrader, s *site) http.Handler // instead of handler
	hasty    bool                                             // where time is real, requests have little of it
	virtual  bool                                             // only where time is virtual
}

// patience is how long anything may take where time is real.
const patience = 30 * time.Second

// A site is a server at a place, and what it has seen.
type site struct {
	place
	t     *testing.T
	ws    *upgrade.Upgrader
	l     listening
	end   func() error
	ended chan ending // of each connection

	mu   sync.Mutex
	seen []string // the messages that the handler got
	last error    // how its input ended
	done chan struct{}
}

// An ending is what Run returned, and the code that the connection was closed with.
type ending struct {
	err    error
	closed *upgrade.CloseError
}

func newSite(t *testing.T, p place, o setup) *site {
	t.Helper()
	s := &site{place: p, t: t, l: p.listen(t), ended: make(chan ending, 100), done: make(chan struct{}, 100)}
	settings := o.settings
	if p.tcp && o.short != nil {
		settings = *o.short
	}
	if settings.Logger == nil {
		settings.Logger = slog.New(slog.DiscardHandler)
	}
	headerTimeout := 10 * time.Second
	if p.tcp && o.hasty {
		headerTimeout = 200 * time.Millisecond
	}
	if p.tcp {
		for _, d := range []*time.Duration{&settings.CloseTimeout, &settings.CloseGrace} {
			if *d == 0 {
				*d = time.Second
			}
		}
	}
	s.ws = &upgrade.Upgrader{Settings: settings}
	if o.upgrader != nil {
		o.upgrader(s.ws)
	}
	h := o.handler
	if h == nil {
		h = echo
	}
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := s.ws.Upgrade(w, r); err == nil {
			err = conn.Run(r.Context(), s.witness(h))
			s.ended <- ending{err, conn.Closed()}
		}
	})
	if o.http != nil {
		handler = o.http(s.ws, s)
	}
	s.end = p.serve(handler, s.l, headerTimeout)
	return s
}

func echo(in source) source {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

// devour answers nothing.
func devour(in source) source {
	return flow.Filter(in, func(message.Message) bool { return false })
}

// witness notes what a handler gets.
func (s *site) witness(h upgrade.Handler) upgrade.Handler {
	return func(in source) source {
		return h(flow.NewSource("witness", func(ctx context.Context, emit func(message.Message) error, end func(error)) {
			in.Start(ctx, func(m message.Message) error {
				if m.IsStrict() {
					s.mu.Lock()
					s.seen = append(s.seen, string(m.Bytes()))
					s.mu.Unlock()
				}
				return emit(m)
			}, func(err error) {
				s.mu.Lock()
				s.last = err
				s.mu.Unlock()
				s.done <- struct{}{}
				end(err)
			})
		}))
	}
}

// wantSeen compares what handlers got until the input of the last one ended.
func (s *site) wantSeen(want ...string) {
	s.t.Helper()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(s.t, want, s.seen)
}

// wantEnd compares how a connection ended; 0 is a clean ending.
func (s *site) wantEnd(code protocol.CloseCode, fromPeer bool) {
	s.t.Helper()
	err := s.nextEnd().err
	if code == 0 {
		require.NoError(s.t, err)
		return
	}
	var closed *upgrade.CloseError
	require.ErrorAs(s.t, err, &closed)
	require.Equal(s.t, code, closed.Code, closed.Error())
	require.Equal(s.t, fromPeer, closed.FromPeer)
}

func (s *site) nextEnd() ending {
	s.t.Helper()
	patient := time.NewTimer(s.patience())
	defer patient.Stop()
	select {
	case end := <-s.ended:
		return end
	case <-patient.C:
		require.Fail(s.t, "the connection did not end")
		return ending{}
	}
}

func (s *site) patience() time.Duration {
	if s.tcp {
		return patience
	}
	return 24 * time.Hour
}

// A client is the peer that a row is played with.
type client struct {
	*wstest.Peer
	nc net.Conn
	s  *site
	r  *bufio.Reader

	Extensions string // of the response
}

func (s *site) dial() *client {
	s.t.Helper()
	nc, err := s.l.DialContext(context.Background(), "", "")
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = nc.Close() })
	if s.tcp {
		nc = cutConn{nc, s.cut()}
	}
	_ = nc.SetDeadline(time.Now().Add(s.patience()))
	return &client{nc: nc, s: s, r: bufio.NewReader(nc)}
}

// say writes text, of which the server need not take all.
func (c *client) say(text string) {
	_, _ = io.WriteString(c.nc, text)
}

// answer reads a response, with its body unless it is a 101.
func (c *client) answer() (*http.Response, string) {
	c.s.t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	require.NoError(c.s.t, err)
	if resp.StatusCode == http.StatusSwitchingProtocols {
		c.Peer = wstest.NewPeer(c.s.t, c.nc, protocol.Client, c.ahead())
		c.Timeout = c.s.patience()
		return resp, ""
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(c.s.t, err)
	return resp, string(body)
}

// ahead returns what was read behind the response.
func (c *client) ahead() []byte {
	glued := make([]byte, c.r.Buffered())
	_, err := io.ReadFull(c.r, glued)
	require.NoError(c.s.t, err)
	return glued
}

// gone waits for the end of the connection, however it comes, and returns what came before it.
func (c *client) gone() string {
	c.s.t.Helper()
	rest, err := io.ReadAll(c.r)
	if err != nil {
		timeout, ok := errors.AsType[net.Error](err)
		require.False(c.s.t, ok && timeout.Timeout(), "the connection is open")
	}
	_ = c.nc.Close()
	return string(rest)
}

// A request is an opening handshake to be changed.
type request struct {
	line   string
	fields []string
}

func opening() *request {
	return &request{"GET / HTTP/1.1", []string{
		"Host: example.com", "Connection: Upgrade", "Upgrade: websocket",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}}
}

// without leaves fields out.
func (r *request) without(name string) *request {
	var kept []string
	for _, field := range r.fields {
		if !strings.HasPrefix(field, name+":") {
			kept = append(kept, field)
		}
	}
	r.fields = kept
	return r
}

// plus adds fields.
func (r *request) plus(fields ...string) *request {
	r.fields = append(r.fields, fields...)
	return r
}

func (r *request) String() string {
	return r.line + "\r\n" + strings.Join(append(r.fields[:len(r.fields):len(r.fields)], "", ""), "\r\n")
}

// shake opens a connection with the opening handshake, with some more fields.
func (s *site) shake(fields ...string) *client {
	s.t.Helper()
	c := s.dial()
	c.say(opening().plus(fields...).String())
	resp, body := c.answer()
	require.Equal(s.t, http.StatusSwitchingProtocols, resp.StatusCode, body)
	c.Extensions = resp.Header.Get("Sec-Websocket-Extensions")
	return c
}

// closed expects our close frame with this code and the end, and hangs up.
func (c *client) closed(code protocol.CloseCode) {
	c.s.t.Helper()
	c.ExpectClose(code)
	c.ExpectEOF()
	c.Cut()
}

// goodbye shows that the connection works, and closes it.
func (c *client) goodbye() {
	c.s.t.Helper()
	c.WriteText("still there?")
	c.ExpectText("still there?")
	c.WriteClose(protocol.CloseNormal, "bye")
	require.Equal(c.s.t, "bye", c.ExpectClose(protocol.CloseNormal))
	c.ExpectEOF()
	c.Cut()
	c.s.wantEnd(0, false)
}
