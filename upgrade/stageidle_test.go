package upgrade_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

func TestPiecesOfAFrameKeepAConnectionWithStagesBusy(t *testing.T) {
	settings := idleAfter(10 * time.Second)
	settings.FrameStages = []stage{identity}
	inBothRoles(t, echo, settings, func(t *testing.T, e *end) {
		b := wstest.TextFrame(strings.Repeat("x", 50)).Append(nil, e.role)
		for i := range b {
			time.Sleep(time.Second / 2)
			e.Write(b[i : i+1])
		}
		e.expectText(strings.Repeat("x", 50))
		e.expectIdle(time.Now(), 10*time.Second)
	})
}

func TestControlFramesDoNotKeepAFrameHandlerBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := idleAfter(5 * time.Minute)
		s := serveFrames(func(in flow.Source[frame]) flow.Source[frame] {
			return flow.Filter(in, func(frame) bool { return false })
		}, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		start := time.Now()
		for range 15 {
			p.frame(protocol.OpPing, "x", true)
			p.expectPong("x")
			time.Sleep(19 * time.Second)
		}
		p.expectClose(protocol.CloseGoingAway, "no message for 5m0s")
		requireBetween(t, 5*time.Minute, 5*time.Minute+5*time.Minute/8, time.Since(start))
	})
}

func TestFragmentsThatAFrameHandlerSendsKeepItBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFrames(func(flow.Source[frame]) flow.Source[frame] {
			n := 0
			return flow.Map(flow.Take(flow.Tick(4*time.Second), 10), func(time.Time) frame {
				f := frame{Opcode: protocol.OpContinuation, Payload: []byte("x"), Fin: n == 9}
				if n++; n == 1 {
					f.Opcode = protocol.OpText
				}
				return f
			})
		}, idleAfter(10*time.Second))
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectText("xxxxxxxxxx")
		p.expectClose(protocol.CloseNormal, "")
	})
}
