package hixie_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	draft "github.com/wsflow/wsflow/protocol/hixie"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/upgrade/hixie"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

func echo(in source) source {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

func quiet() *upgrade.Upgrader {
	return &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}}
}

// A record is a log that tests can read.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *record) upgrader() *upgrade.Upgrader {
	return &upgrade.Upgrader{Settings: upgrade.Settings{Logger: slog.New(slog.NewTextHandler(r, nil))}}
}

// onWires runs a test with both versions over memory, in virtual time and at several chunkings, over TCP and over TLS.
func onWires(t *testing.T, test func(t *testing.T, v draft.Version, w wstest.Wire)) {
	t.Helper()
	each(t, func(t *testing.T, v draft.Version) {
		for name, w := range map[string]wstest.Wire{
			"memory":              {},
			"memory byte by byte": {ServerReads: wstest.ByteByByte, ClientReads: wstest.ByteByByte},
			"memory at random":    {ServerReads: wstest.AtRandom(1), ClientReads: wstest.AtRandom(2)},
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, v, w) })
			})
		}
		for _, w := range []wstest.Wire{{TCP: true}, {TCP: true, TLS: true}} {
			t.Run(w.String(), func(t *testing.T) { test(t, v, w) })
		}
	})
}

// each runs a test with both versions.
func each(t *testing.T, test func(t *testing.T, v draft.Version)) {
	t.Helper()
	for _, v := range []draft.Version{draft.Hixie75, draft.Hixie76} {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}

// inBubbles runs a test with both versions in virtual time.
func inBubbles(t *testing.T, test func(t *testing.T, v draft.Version)) {
	t.Helper()
	each(t, func(t *testing.T, v draft.Version) {
		synctest.Test(t, func(t *testing.T) { test(t, v) })
	})
}

// A peer is a client.
type peer struct {
	t    *testing.T
	nc   net.Conn
	conn *draft.Conn
	rest []byte // read and not yet handled
}

// ask makes a peer that has not sent anything.
func ask(t *testing.T, s *wstest.Server, v draft.Version, origin string) *peer {
	t.Helper()
	host := strings.TrimPrefix(s.URL(""), "ws://")
	h := &draft.ClientHandshake{Version: v, Host: strings.TrimPrefix(host, "wss://"), Target: "/a?b=c", Secure: host != strings.TrimPrefix(host, "wss://"), Origin: origin}
	c, err := draft.NewClient(h, draft.Config{MaxMessage: -1})
	require.NoError(t, err)
	return &peer{t: t, nc: s.RawDial(), conn: c}
}

// connect makes a peer whose handshake is complete.
func connect(t *testing.T, s *wstest.Server, v draft.Version) *peer {
	t.Helper()
	p := ask(t, s, v, s.HTTPURL(""))
	p.flush()
	require.Equal(t, draft.Event{Type: draft.EventOpen}, p.event())
	return p
}

// flush writes what the connection has to say.
func (p *peer) flush() {
	p.t.Helper()
	p.write(p.conn.Output())
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	_, err := p.nc.Write(b)
	require.NoError(p.t, err)
}

func (p *peer) send(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		require.NoError(p.t, p.conn.Send(protocol.OpText, []byte(text)))
	}
	p.flush()
}

// next returns the next event, or an error: io.EOF at the end of the connection.
func (p *peer) next() (draft.Event, error) {
	for {
		ev, n, err := p.conn.Next(p.rest)
		p.rest = p.rest[n:]
		if !errors.Is(err, protocol.ErrShort) {
			return ev, err
		}
		buf := make([]byte, 4096)
		n, err = p.nc.Read(buf)
		if n == 0 && err != nil {
			return draft.Event{}, err
		}
		p.rest = buf[:n]
	}
}

func (p *peer) event() draft.Event {
	p.t.Helper()
	ev, err := p.next()
	require.NoError(p.t, err)
	return ev
}

func (p *peer) expectText(want string) {
	p.t.Helper()
	require.Equal(p.t, draft.Event{Type: draft.EventText, Text: want}, p.event())
}

// expectEnd expects the server to close, as the version can, and ends the connection.
func (p *peer) expectEnd() {
	p.t.Helper()
	if p.conn.Version() == draft.Hixie76 {
		require.Equal(p.t, draft.Event{Type: draft.EventClose}, p.event())
		p.conn.Close()
		if out := p.conn.Output(); len(out) > 0 {
			_, _ = p.nc.Write(out) // the server may be gone
		}
	}
	p.expectEOF()
}

func (p *peer) expectEOF() {
	p.t.Helper()
	if p.conn.Version() == draft.Hixie75 {
		_, err := p.next()
		require.ErrorIs(p.t, err, io.EOF)
	} else {
		_, err := p.nc.Read(make([]byte, 1))
		require.ErrorIs(p.t, err, io.EOF)
	}
	require.NoError(p.t, p.nc.Close())
}

// close closes as a client of the version does.
func (p *peer) close() {
	p.t.Helper()
	if p.conn.Version() == draft.Hixie76 {
		p.conn.Close()
		p.flush()
		return
	}
	require.NoError(p.t, p.nc.(interface{ CloseWrite() error }).CloseWrite())
}

// raw sends a request and returns the response of the server, which then closes.
func raw(t *testing.T, s *wstest.Server, request string) string {
	t.Helper()
	nc := s.RawDial()
	defer func() { _ = nc.Close() }()
	_, err := nc.Write([]byte(request))
	require.NoError(t, err)
	b, err := io.ReadAll(nc)
	require.NoError(t, err)
	return string(b)
}

func serve(t *testing.T, h http.Handler) *wstest.Server {
	t.Helper()
	return wstest.NewServer(t, h)
}

func handlerOf(h upgrade.Handler) *hixie.Handler {
	return &hixie.Handler{Upgrader: quiet(), Handler: h}
}
