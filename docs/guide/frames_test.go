package guide_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/frames"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// switchable has a frame log, off at first, that is switched for single connections on a port that only we reach.
func switchable(h upgrade.Handler, logger *slog.Logger) (public, private *http.ServeMux) {
	log := &frames.Log{Logger: logger}
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: []upgrade.FrameStage{log.Stage}}}
	turn := func(w http.ResponseWriter, r *http.Request) {
		for _, c := range ws.Connections() {
			if fmt.Sprint(c.ID()) == r.PathValue("conn") {
				log.Set(c, r.Method == http.MethodPut)
				return
			}
		}
		http.NotFound(w, r)
	}
	public, private = http.NewServeMux(), http.NewServeMux()
	public.Handle("GET /ws", ws.Handler(h))
	private.HandleFunc("PUT /debug/frames/{conn}", turn)    // on
	private.HandleFunc("DELETE /debug/frames/{conn}", turn) // off
	return public, private
}

func TestFrameLogOfOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		conns := make(chan *upgrade.Conn, 1)
		public, private := switchable(func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return shout(flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				select {
				case conns <- upgrade.FromContext(ctx):
				default:
				}
				return m, nil
			}))
		}, slog.New(slog.NewTextHandler(&lines, nil)))
		probe := wstest.NewServer(t, public).Probe("/ws")
		say := func() {
			probe.SendText("hello")
			probe.ExpectText("HELLO")
			synctest.Wait()
		}
		say()
		require.Empty(t, lines.String())

		turn := func(method string, id uint64) int {
			return wstest.HTTP(method, fmt.Sprint("/debug/frames/", id)).Run(private).StatusCode
		}
		id := (<-conns).ID()
		require.Equal(t, http.StatusOK, turn("PUT", id))
		say()
		require.Contains(t, lines.String(), "direction=in opcode=text fin=true length=5 payload=hello")
		require.Contains(t, lines.String(), "direction=out opcode=text fin=true length=5 payload=HELLO")
		lines.Reset()
		require.Equal(t, http.StatusOK, turn("DELETE", id))
		say()
		require.Empty(t, lines.String())
		require.Equal(t, http.StatusNotFound, turn("PUT", id+1))
	})
}

// textOnly sends away who sends binary messages, at their first frame.
var textOnly = frames.Check(func(_ *upgrade.Conn, d frames.Direction, f upgrade.Frame) error {
	if d == frames.In && f.Opcode == protocol.OpBinary {
		return &upgrade.CloseError{Code: 1003, Reason: "text only"}
	}
	return nil
})

// discreet keeps the reasons of our close frames to ourselves: the code stays.
var discreet = frames.Alter(func(_ *upgrade.Conn, d frames.Direction, f upgrade.Frame) (upgrade.Frame, bool) {
	if d == frames.Out && f.Opcode == protocol.OpClose && len(f.Payload) > 2 {
		f.Payload = f.Payload[:2]
	}
	return f, true
})

func TestStagesSeeAndChangeFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			stages []upgrade.FrameStage
			reason string
		}{
			{[]upgrade.FrameStage{textOnly}, "text only"},
			{[]upgrade.FrameStage{fewPings(2)}, "too many pings"},
			{[]upgrade.FrameStage{discreet}, ""},
		} {
			ws := upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: c.stages}}
			p := wstest.NewServer(t, ws.Handler(shout)).Peer("/")
			for range 3 {
				p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing})
			}
			p.WriteFrames(wstest.BinaryFrame([]byte{1}))
			for {
				if f := p.ReadFrame(); f.Opcode == protocol.OpClose {
					require.Equal(t, c.reason, string(f.Payload[2:]))
					break
				}
			}
			p.Cut()
		}
	})
}

// fewPings allows each connection n pings in all.
func fewPings(n int) upgrade.FrameStage {
	return func(_ *upgrade.Conn, up, _ upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		pings := 0 // of this connection
		in = func(f upgrade.Frame) error {
			if f.Opcode == protocol.OpPing {
				if pings++; pings > n {
					return &upgrade.CloseError{Code: 1008, Reason: "too many pings"}
				}
			}
			return up(f)
		}
		return in, nil // what goes out passes
	}
}

// fragments answers each message with the number of frames that it came in.
func fragments(in flow.Source[upgrade.Frame]) flow.Source[upgrade.Frame] {
	n := 0
	return flow.FilterMap(in, func(f upgrade.Frame) (upgrade.Frame, bool) {
		if f.Opcode.IsControl() {
			return f, false
		}
		n++
		answer := upgrade.Frame{Fin: true, Opcode: protocol.OpText, Payload: fmt.Append(nil, n)}
		if f.Fin {
			n = 0
		}
		return answer, f.Fin
	})
}

func TestFragmentsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		p := wstest.NewServer(t, ws.FrameHandler(fragments)).Peer("/")
		p.WriteFrames(
			wstest.Frame{Opcode: protocol.OpText, Payload: []byte("Hello, "), More: true},
			wstest.Frame{Opcode: protocol.OpPing},
			wstest.Frame{Payload: []byte("Ada")},
			wstest.TextFrame("bye"),
		)
		require.Equal(t, protocol.OpPong, p.ReadFrame().Opcode)
		p.ExpectText("2")
		p.ExpectText("1")
		p.WriteClose(1000, "")
		p.ExpectClose(1000)
	})
}
