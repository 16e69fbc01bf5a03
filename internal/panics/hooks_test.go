package panics

import (
	"bytes"
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A grump is an observer that panics whatever it is told, and a logger that does so too.
type grump struct {
	slog.Handler
	mu   sync.Mutex
	told int
}

func (g *grump) Observe(upgrade.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.told++
	panic(secret)
}

func (*grump) ConnContext(context.Context, *upgrade.Conn) context.Context { panic(secret) }
func (*grump) Enabled(context.Context, slog.Level) bool                   { return true }
func (*grump) Handle(context.Context, slog.Record) error                  { panic(secret) }

func TestAnObserverAndALoggerThatPanicHarmNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &grump{Handler: slog.DiscardHandler}
		s := newStage(t)
		u := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: g, Logger: slog.New(g)}}
		s.serve = u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { return s.handler, nil })
		h := func(f *fuse) handler { return rigged(rigs["Map"], f) }
		s.calm(h, visit{messages: 4})
		out := s.play(h(newFuse("f", 1, byPanic)), visit{messages: 4})
		require.Equal(t, protocol.CloseInternalError, out.code)
		require.Zero(t, out.left)
		require.Equal(t, 5, g.told, "Opened and Closed of two, and Failed")
	})
}

// What panics before there is a connection panics in net/http's hands, or those of our own server: it is logged, and the client sees
// the connection end without an answer.
func TestAPanicBeforeTheHandshakeIsThatOfAnyHTTPHandler(t *testing.T) {
	for name, f := range map[string]func(){
		"panic":  func() { panic(secret) },
		"nil":    func() { panic(nil) },
		"Goexit": runtime.Goexit,
		"abort":  func() { panic(http.ErrAbortHandler) },
	} {
		u := &upgrade.Upgrader{}
		fine := u.Handler(func(in source) source { return flow.Map(in, func(m msg) msg { return m }) })
		mux := http.NewServeMux()
		mux.Handle("/fine", fine)
		mux.Handle("/", u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { f(); return nil, nil }))
		for _, own := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var logged bytes.Buffer
					dial := serveHTTP(t, mux, own, &logged)
					guest := wstest.NewPeer(t, dial(), protocol.Client, nil)
					guest.Write(hello(t, "/fine"))
					buf := make([]byte, 1000)
					n, err := guest.Conn().Read(buf)
					require.NoError(t, err)
					require.Contains(t, string(buf[:n]), "101")

					p := wstest.NewPeer(t, dial(), protocol.Client, nil)
					p.Write(hello(t, "/"))
					p.ExpectEOF()
					synctest.Wait()
					if name == "panic" {
						require.Contains(t, logged.String(), secret)
						require.Contains(t, logged.String(), "hooks_test.go", "the stack")
					}
					if name == "abort" {
						require.Empty(t, logged.String())
					}
					guest.WriteText("still there")
					guest.ExpectText("still there")
					guest.WriteClose(protocol.CloseNormal, "")
					guest.ExpectClose(protocol.CloseNormal)
				})
			})
		}
	}
}

// serveHTTP serves h over memory, by our own server or by net/http, and returns what dials it.
func serveHTTP(t *testing.T, h http.Handler, own bool, logged *bytes.Buffer) func() net.Conn {
	t.Helper()
	l := wire.Listen()
	if own {
		s := &upgrade.Server{Handler: h, Logger: slog.New(slog.NewTextHandler(logged, nil))}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
	} else {
		s := &http.Server{Handler: h, ErrorLog: log.New(logged, "", 0)}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { _ = s.Close() })
	}
	return func() net.Conn {
		nc, err := l.DialContext(t.Context(), "", "")
		require.NoError(t, err)
		return nc
	}
}

func hello(t *testing.T, path string) []byte {
	t.Helper()
	ask := protocol.ClientHandshake{Host: "server", Target: path, Key: protocol.NewKey()}
	head, err := ask.AppendRequest(nil)
	require.NoError(t, err)
	return head
}
