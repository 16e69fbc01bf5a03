package frames_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/frames"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func echo(in flow.Source[message.Message]) flow.Source[message.Message] { return in }

// serve serves an echo with stages, without a keep-alive.
func serve(t *testing.T, stages ...upgrade.FrameStage) (*upgrade.Upgrader, *wstest.Server) {
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{
		FrameStages: stages, PingInterval: -1, Logger: slog.New(slog.DiscardHandler),
	}}
	return ws, wstest.NewServer(t, ws.Handler(echo))
}

func control(op protocol.Opcode, payload string) wstest.Frame {
	return wstest.Frame{Opcode: op, Payload: []byte(payload)}
}

func TestAutoPongAnswersAndHidesPings(t *testing.T) {
	for name, tc := range map[string]struct {
		reply func([]byte) []byte
		want  string
	}{
		"with the same payload": {nil, "abc"},
		"with another payload":  {func(b []byte) []byte { return bytes.ToUpper(b) }, "ABC"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var above frames.Counts
				_, s := serve(t, frames.AutoPong(tc.reply), above.Stage)
				p := s.Peer("/")
				p.WriteFrames(control(protocol.OpPing, "abc"))
				p.ExpectFrame(control(protocol.OpPong, tc.want))
				p.ExpectNothing(time.Second) // it is answered once
				require.Zero(t, above.Frames(frames.In, protocol.OpPing))
			})
		})
	}
}

func TestOnPingSeesThePingsThatTheConnectionAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		_, s := serve(t, frames.OnPing(func(_ *upgrade.Conn, payload []byte) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, string(payload))
		}))
		p := s.Peer("/")
		p.WriteFrames(control(protocol.OpPing, "abc"))
		p.ExpectFrame(control(protocol.OpPong, "abc"))
		mu.Lock()
		defer mu.Unlock()
		require.Equal(t, []string{"abc"}, seen)
	})
}

func TestWhatIsHiddenIsNeitherSeenNorAnswered(t *testing.T) {
	for name, tc := range map[string]struct {
		stage        upgrade.FrameStage
		pings, pongs uint64
	}{
		"pings":           {frames.HidePings(), 0, 1},
		"pings and pongs": {frames.HidePingPongs(), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var above frames.Counts
				_, s := serve(t, tc.stage, above.Stage)
				p := s.Peer("/")
				p.WriteFrames(control(protocol.OpPing, "a"), control(protocol.OpPong, "b"), wstest.TextFrame("c"))
				p.ExpectText("c")
				p.ExpectNothing(time.Second)
				require.Equal(t, tc.pings, above.Frames(frames.In, protocol.OpPing))
				require.Equal(t, tc.pongs, above.Frames(frames.In, protocol.OpPong))
			})
		})
	}
}

func TestAutoPingTimesItsOwnPingsAndThoseFromAboveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type trip struct {
			ping string
			rtt  time.Duration
		}
		trips := make(chan trip, 10)
		var above frames.Counts
		ws, s := serve(t, frames.AutoPing{
			Interval:  time.Second,
			RoundTrip: func(_ *upgrade.Conn, ping []byte, rtt time.Duration) { trips <- trip{string(ping), rtt} },
		}.Stage, above.Stage)
		p := s.Peer("/")
		p.ExpectFrame(control(protocol.OpPing, "\x01"))
		time.Sleep(300 * time.Millisecond)
		p.WriteFrames(control(protocol.OpPong, "nothing"), control(protocol.OpPong, "\x01"))
		require.Equal(t, trip{"\x01", 300 * time.Millisecond}, <-trips)

		pinged := make(chan time.Duration, 1)
		for _, c := range ws.Connections() {
			go func() {
				rtt, err := c.Ping(t.Context())
				require.NoError(t, err)
				pinged <- rtt
			}()
		}
		ping := p.ReadFrame()
		time.Sleep(200 * time.Millisecond)
		p.WriteFrames(control(protocol.OpPong, string(ping.Payload)))
		require.Equal(t, trip{string(ping.Payload), 200 * time.Millisecond}, <-trips)
		require.Equal(t, 200*time.Millisecond, <-pinged) // its pong is passed on
		synctest.Wait()
		require.Empty(t, trips)
		require.Equal(t, uint64(2), above.Frames(frames.In, protocol.OpPong)) // "nothing", and the user's
		p.Cut()
	})
}

func TestAutoPingRemembersTheLast16(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trips := make(chan string, 100)
		_, s := serve(t, frames.AutoPing{
			Interval:  time.Second,
			RoundTrip: func(_ *upgrade.Conn, ping []byte, _ time.Duration) { trips <- string(ping) },
		}.Stage)
		p := s.Peer("/")
		for i := range 17 {
			p.ExpectFrame(control(protocol.OpPing, string([]byte{byte(i + 1)})))
		}
		p.WriteFrames(control(protocol.OpPong, "\x01"))
		synctest.Wait()
		require.Empty(t, trips)
		p.WriteFrames(control(protocol.OpPong, "\x02"))
		require.Equal(t, "\x02", <-trips)
		p.Cut()
	})
}

func TestAutoPingEndsWithItsConnection(t *testing.T) {
	for _, cut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			calls := make(chan struct{}, 1000)
			_, s := serve(t, frames.AutoPing{Interval: time.Second, Payload: func() []byte {
				calls <- struct{}{}
				return nil
			}}.Stage)
			p := s.Peer("/")
			p.ExpectFrame(control(protocol.OpPing, ""))
			if cut {
				p.Cut()
			} else {
				p.WriteClose(protocol.CloseNormal, "")
				p.ExpectClose(protocol.CloseNormal)
			}
			time.Sleep(time.Hour)
			require.LessOrEqual(t, len(calls), 2)
		})
	}
}

func TestPanicInATimerEndsTheConnectionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := serve(t, frames.AutoPing{Interval: time.Second, Payload: func() []byte { panic("no") }}.Stage)
		p := s.Peer("/")
		p.ExpectClose(protocol.CloseInternalError)
	})
}

func TestCheckSeesBothDirectionsAndLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(chan string, 10)
		_, s := serve(t, frames.Check(func(_ *upgrade.Conn, d frames.Direction, f upgrade.Frame) error {
			seen <- d.String() + " " + f.String()
			if d == frames.In && len(f.Payload) > 3 {
				return &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Reason: "too much"}
			}
			return nil
		}))
		p := s.Peer("/")
		p.WriteText("abc")
		p.ExpectText("abc")
		p.WriteText("abcd")
		require.Equal(t, "too much", p.ExpectClose(protocol.ClosePolicyViolation))
		require.Equal(t, "in text, 3 bytes", <-seen)
		require.Equal(t, "out text, 3 bytes", <-seen)
		require.Equal(t, "in text, 4 bytes", <-seen)
	})
}

func TestCheckThatFailsIsOneThousandAndEleven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := serve(t, frames.Check(func(*upgrade.Conn, frames.Direction, upgrade.Frame) error { return errors.New("secret") }))
		p := s.Peer("/")
		p.WriteText("abc")
		require.Empty(t, p.ExpectClose(protocol.CloseInternalError))
	})
}

func TestAlterChangesAndDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := serve(t, frames.Alter(func(_ *upgrade.Conn, d frames.Direction, f upgrade.Frame) (upgrade.Frame, bool) {
			switch {
			case d == frames.In && string(f.Payload) == "drop":
				return f, false
			case d == frames.Out && f.Opcode == protocol.OpText:
				f.Opcode = protocol.OpBinary
				copy(f.Payload, bytes.ToUpper(f.Payload))
			}
			return f, true
		}))
		p := s.Peer("/")
		p.WriteText("drop")
		p.WriteText("keep")
		p.ExpectFrame(wstest.BinaryFrame([]byte("KEEP")))
	})
}

func TestCountsTellDirectionsAndOpcodesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n frames.Counts
		_, s := serve(t, n.Stage)
		p := s.Peer("/")
		p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("ab"), More: true}, wstest.Frame{Payload: []byte("cde")})
		p.ExpectText("abcde")
		p.WriteFrames(control(protocol.OpPing, "p"))
		p.ExpectFrame(control(protocol.OpPong, "p"))
		for _, tc := range []struct {
			d             frames.Direction
			op            protocol.Opcode
			frames, bytes uint64
		}{
			{frames.In, protocol.OpText, 1, 2},
			{frames.In, protocol.OpContinuation, 1, 3},
			{frames.In, protocol.OpPing, 1, 1},
			{frames.In, protocol.OpPong, 0, 0},
			{frames.Out, protocol.OpText, 1, 5},
			{frames.Out, protocol.OpPong, 1, 1},
		} {
			require.Equal(t, tc.frames, n.Frames(tc.d, tc.op))
			require.Equal(t, tc.bytes, n.Bytes(tc.d, tc.op))
		}
	})
}

// lines are what a Log has written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) take(t *testing.T) []map[string]any {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(l.buf.String()) {
		m := make(map[string]any)
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		delete(m, "time")
		delete(m, "conn")
		delete(m, "remote")
		all = append(all, m)
	}
	l.buf.Reset()
	return all
}

func TestLogIsSwitchedWhileConnectionsLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		written := new(lines)
		log := &frames.Log{Logger: slog.New(slog.NewJSONHandler(written, nil)), Bytes: 3}
		ws, s := serve(t, log.Stage)
		p, q := s.Peer("/"), s.Peer("/")
		say := func() {
			for _, p := range []*wstest.Peer{p, q} {
				p.WriteText("abcdef")
				p.ExpectText("abcdef")
			}
		}
		say()
		require.Empty(t, written.take(t))

		log.SetAll(true)
		p.WriteFrames(wstest.Frame{Opcode: protocol.OpBinary, Payload: []byte("abcdef"), More: true}, wstest.Frame{})
		p.ExpectFrame(wstest.BinaryFrame([]byte("abcdef")))
		line := func(direction, opcode string, fin bool, length int, payload string) map[string]any {
			return map[string]any{
				"level": "INFO", "msg": "websocket frame", "event": "frame", "direction": direction, "opcode": opcode, "fin": fin,
				"length": float64(length), "payload": payload,
			}
		}
		require.Equal(t, []map[string]any{
			line("in", "binary", false, 6, "abc"), line("in", "continuation", true, 0, ""), line("out", "binary", true, 6, "abc"),
		}, written.take(t))
		log.SetAll(false)
		say()
		require.Empty(t, written.take(t))

		for _, c := range ws.Connections() {
			log.Set(c, true)
			break
		}
		say()
		require.Len(t, written.take(t), 2)
		for _, c := range ws.Connections() {
			log.Set(c, false)
		}
		say()
		require.Empty(t, written.take(t))
	})
}

func TestStagesServeClientsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n frames.Counts
		s := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = new(upgrade.Upgrader).Serve(w, r, echo)
		}))
		d := s.Dialer()
		d.FrameStages = []upgrade.FrameStage{n.Stage}
		c, _, err := d.Dial(t.Context(), s.URL("/"))
		require.NoError(t, err)
		require.NoError(t, c.Send(t.Context(), message.Text("abc")))
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, uint64(1), n.Frames(frames.Out, protocol.OpText))
		require.Equal(t, uint64(1), n.Frames(frames.In, protocol.OpText))
	})
}
