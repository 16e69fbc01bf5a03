package wstest_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// Both ends of a connection over a wire that gets faults once it is open.
type bothEnds struct {
	server  *wstest.Server
	conn    *upgrade.Conn // the client's end, which is being run
	arrived []string      // at the server, once it is closed
	closed  chan *upgrade.CloseError
	done    chan *upgrade.CloseError // the client's end
}

// open connects a client with a server that echoes.
func open(t *testing.T, w wstest.Wire) *bothEnds {
	t.Helper()
	if w.Faults == nil {
		w.Faults = new(wstest.Faults)
	}
	e := &bothEnds{closed: make(chan *upgrade.CloseError, 1), done: make(chan *upgrade.CloseError, 1)}
	var ws upgrade.Upgrader
	e.server = wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := ws.Upgrade(w, r)
		if err != nil {
			return
		}
		go func() {
			_ = conn.Run(context.Background(), func(in flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.Map(in, func(m message.Message) message.Message {
					e.arrived = append(e.arrived, m.Text())
					return m
				})
			})
			e.closed <- conn.Closed()
		}()
	}), w)
	e.conn = e.server.Dial("/")
	go func() {
		silent := flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Never[message.Message]())
		_ = e.conn.Run(context.Background(), silent)
		e.done <- e.conn.Closed()
	}()
	return e
}

// requireCodes waits for the end.
func (e *bothEnds) requireCodes(t *testing.T, client, server upgrade.CloseCode) {
	t.Helper()
	require.Equal(t, client, (<-e.done).Code, "what the client sees")
	require.Equal(t, server, (<-e.closed).Code, "what the server sees")
}

// badWires are memory and TCP, with and without TLS.
func badWires() []wstest.Wire { return append(wstest.Wires(), wstest.Wire{TLS: true}) }

func TestRoundTripIsTwiceTheLatency(t *testing.T) {
	for _, w := range []wstest.Wire{{}, {TLS: true}} {
		t.Run(w.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, w)
				there, back := wstest.Link{Latency: 150 * time.Millisecond}, wstest.Link{Latency: 50 * time.Millisecond}
				e.server.SetFaults(wstest.Faults{ToServer: there, ToClient: back})
				rtt, err := e.conn.Ping(t.Context())
				require.NoError(t, err)
				require.Equal(t, 200*time.Millisecond, rtt)
				require.NoError(t, e.conn.Close(1000, "bye"))
				e.requireCodes(t, 1000, 1000)
			})
		})
	}
}

// A request has them from its handshake on, and when its connection has ended nothing of them is left.
func TestRequestOverABadWire(t *testing.T) {
	for _, w := range badWires() {
		t.Run(w.String(), func(t *testing.T) {
			before := runtime.NumGoroutine()
			slow := wstest.Link{Latency: 5 * time.Millisecond}
			w.Faults = &wstest.Faults{ToServer: slow, ToClient: slow}
			start := time.Now()
			done := make(chan struct{})
			r := wstest.WS("/", func(source flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.WatchTermination(flow.Of[message.Message](), func(error) { close(done) })
			}).Over(w).Run(new(upgrade.Upgrader).Handler(echo))
			require.True(t, r.IsWebSocketUpgrade())
			require.GreaterOrEqual(t, time.Since(start), 10*time.Millisecond)
			<-done
			for runtime.NumGoroutine() > before {
				runtime.Gosched()
			}
		})
	}
}

func TestBandwidthDelaysAMessageByItsBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wstest.Wire{})
		e.server.SetFaults(wstest.Faults{ToClient: wstest.Link{Bandwidth: 1000}})
		start := time.Now()
		require.NoError(t, e.conn.Send(t.Context(), message.Text(strings.Repeat("x", 10_000-4)))) // its reply has a header of 4 bytes
		_, err := e.conn.Ping(t.Context())
		require.NoError(t, err)
		require.Equal(t, 10*time.Second+10*time.Millisecond, time.Since(start), "the pong has 10 bytes")
	})
}

// A connection that is cut inside a message ends with 1006, and the handler is not given part of the message.
func TestCutInsideAMessageIs1006(t *testing.T) {
	for _, w := range badWires() {
		for _, how := range []wstest.Cut{wstest.CutFIN, wstest.CutRST, wstest.CutHalf} {
			t.Run(w.String()+"/"+how.String(), func(t *testing.T) {
				e := open(t, w)
				e.server.SetFaults(wstest.Faults{ToServer: wstest.Link{Cut: how, CutAfter: 500}})
				_ = e.conn.Send(t.Context(), message.Text(strings.Repeat("x", 1000)))
				e.requireCodes(t, 1006, 1006)
				require.Empty(t, e.arrived)
				require.Equal(t, int64(1), e.server.FaultCounts().ToServer.Cuts)
			})
		}
	}
}

func TestCutInsideAReplyIs1006(t *testing.T) {
	for _, how := range []wstest.Cut{wstest.CutFIN, wstest.CutRST, wstest.CutHalf} {
		t.Run(how.String(), func(t *testing.T) {
			e := open(t, wstest.Wire{})
			e.server.SetFaults(wstest.Faults{ToClient: wstest.Link{Cut: how, CutAfter: 500}})
			_ = e.conn.Send(t.Context(), message.Text(strings.Repeat("x", 1000)))
			e.requireCodes(t, 1006, 1006)
			require.Len(t, e.arrived, 1)
		})
	}
}

func TestCutNowIs1006(t *testing.T) {
	for _, w := range badWires() {
		t.Run(w.String(), func(t *testing.T) {
			e := open(t, w)
			e.server.Cut(wstest.CutRST)
			e.requireCodes(t, 1006, 1006)
		})
	}
}

// Offsets are those of the client's frame: 2 bytes of header, 4 of mask key, the payload.
func TestCorruptBytesAreFoundOut(t *testing.T) {
	for _, c := range []struct {
		what           string
		at             int64
		bits           byte
		client, server upgrade.CloseCode
	}{
		{"a reserved bit", 0, 0x40, 1002, 1002},
		{"the opcode", 0, 0x02, 1002, 1002},
		{"the mask bit", 1, 0x80, 1002, 1002},
		{"the payload of a text", 6, 0x80, 1007, 1007},
		{"the mask key of a text", 3, 0x80, 1007, 1007},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := open(t, wstest.Wire{})
				e.server.SetFaults(wstest.Faults{ToServer: wstest.Link{CorruptAt: c.at, CorruptBits: c.bits}})
				require.NoError(t, e.conn.Send(t.Context(), message.Text("hello")))
				e.requireCodes(t, c.client, c.server)
				require.Empty(t, e.arrived)
			})
		})
	}
	t.Run("any of TLS", func(t *testing.T) {
		e := open(t, wstest.Wire{TCP: true, TLS: true})
		e.server.SetFaults(wstest.Faults{ToServer: wstest.Link{CorruptAt: 20, CorruptBits: 1}})
		require.NoError(t, e.conn.Send(t.Context(), message.Text("hello")))
		e.requireCodes(t, 1006, 1006)
	})
}

// A peer that has gone without a word is noticed by both ends when the pong is overdue: 30 s and 10 s by default.
func TestSilenceIs1006WithinIntervalAndDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wstest.Wire{})
		start := time.Now()
		gone := wstest.Link{StallFor: -1}
		e.server.SetFaults(wstest.Faults{ToServer: gone, ToClient: gone})
		e.requireCodes(t, 1006, 1006)
		require.Equal(t, 40*time.Second, time.Since(start))
	})
}

func TestShortStallIsNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, wstest.Wire{})
		e.server.SetFaults(wstest.Faults{ToServer: wstest.Link{StallFor: 9 * time.Second, StallAfter: 100}})
		start := time.Now()
		require.NoError(t, e.conn.Send(t.Context(), message.Text(strings.Repeat("x", 1000))))
		_, err := e.conn.Ping(t.Context())
		require.NoError(t, err)
		require.Equal(t, 9*time.Second, time.Since(start))
		require.NoError(t, e.conn.Close(1000, ""))
		e.requireCodes(t, 1000, 1000)
		require.Len(t, e.arrived, 1)
	})
}

// session is all that a client says: a fragmented text with a ping inside and a character cut in two, a binary message, a close.
var session = []wstest.Frame{
	{Opcode: protocol.OpText, Payload: []byte("gr\xc3"), More: true},
	{Opcode: protocol.OpPing, Payload: []byte("?")},
	{Opcode: protocol.OpContinuation, Payload: []byte("\xbc\xc3\x9f")},
	wstest.BinaryFrame(make([]byte, 70_000)),
	wstest.TextFrame(""),
	wstest.CloseFrame(4000, "bye"),
}

// However the bytes of a session arrive, what comes of it is the same.
func TestLinksDoNotChangeWhatHappens(t *testing.T) {
	links := map[string]wstest.Link{
		"as they are":          {},
		"byte by byte":         {Chunking: wstest.ByteByByte},
		"in pieces":            {Chunking: wstest.AtRandom(3)},
		"late":                 {Latency: 3 * time.Millisecond, Jitter: 5 * time.Millisecond},
		"slowly, in pieces":    {Bandwidth: 10 << 20, Chunking: wstest.AtRandom(4)},
		"with a pause between": {StallAfter: 300, StallFor: 20 * time.Millisecond},
	}
	for _, w := range badWires() {
		for name, link := range links {
			t.Run(w.String()+"/"+name, func(t *testing.T) {
				w.Faults = &wstest.Faults{ToServer: link, ToClient: link, Seed: 5}
				var ws upgrade.Upgrader
				p := wstest.NewServer(t, ws.Handler(echo), w).Peer("/")
				p.WriteFrames(session...)
				var got []wstest.Frame
				for {
					f, err := p.TryReadFrame()
					if err != nil {
						break
					}
					got = append(got, f)
				}
				require.Equal(t, []wstest.Frame{
					{Opcode: protocol.OpPong, Payload: []byte("?")},
					wstest.TextFrame("grüß"), session[3], wstest.TextFrame(""), session[5],
				}, got)
			})
		}
	}
}

func TestProxyIsABadNetworkBeforeAnyServer(t *testing.T) {
	for _, w := range []wstest.Wire{{TCP: true}, {TCP: true, TLS: true}} {
		t.Run(w.String(), func(t *testing.T) {
			var ws upgrade.Upgrader
			s := wstest.NewServer(t, ws.Handler(echo), w)
			proxy := wstest.NewProxy(t, s.Addr().String(), wstest.Faults{ToServer: wstest.Link{Latency: time.Millisecond}})
			dialer := s.Dialer()
			dialer.DialContext = proxy.DialContext

			conn, _, err := dialer.Dial(t.Context(), s.URL("/"))
			require.NoError(t, err)
			require.NoError(t, conn.Send(t.Context(), message.Text("hello")))
			got, err := flow.Collect(t.Context(), flow.Take(conn.Source(), 1))
			require.NoError(t, err)
			require.Equal(t, "hello", got[0].Text())
			require.Equal(t, 1, proxy.FaultCounts().Open)

			proxy.SetFaults(wstest.Faults{ToServer: wstest.Link{Cut: wstest.CutRST, CutAfter: 100}})
			_ = conn.Send(t.Context(), message.Text(strings.Repeat("x", 1000)))
			require.Error(t, conn.Close(1000, ""))
			require.EqualValues(t, 1006, conn.Closed().Code)
			require.Equal(t, int64(1), proxy.FaultCounts().ToServer.Cuts)

			proxy.Refuse(true)
			_, _, err = dialer.Dial(t.Context(), s.URL("/"))
			require.ErrorIs(t, err, syscall.ECONNRESET)
			require.Equal(t, int64(1), proxy.Refused())
			proxy.Refuse(false)
			proxy.SetFaults(wstest.Faults{})
			conn, _, err = dialer.Dial(t.Context(), s.URL("/"))
			require.NoError(t, err)
			proxy.Cut(wstest.CutFIN)
			_, err = flow.Collect(t.Context(), conn.Source())
			require.ErrorContains(t, err, "1006")
		})
	}
}

func TestFaultsOfAWireWithoutAreAMistake(t *testing.T) {
	var ws upgrade.Upgrader
	for name, f := range map[string]func(s *wstest.Server){
		"SetFaults":   func(s *wstest.Server) { s.SetFaults(wstest.Faults{}) },
		"Cut":         func(s *wstest.Server) { s.Cut(wstest.CutRST) },
		"FaultCounts": func(s *wstest.Server) { s.FaultCounts() },
	} {
		t.Run(name, func(t *testing.T) {
			log := failureOf(func(tb testing.TB) { f(wstest.NewServer(tb, ws.Handler(echo))) })
			require.Contains(t, log, "has no Faults")
		})
	}
}
