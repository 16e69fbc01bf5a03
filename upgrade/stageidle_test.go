package upgrade_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

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
			e.Write(b[i : i+1])
			time.Sleep(time.Second / 2)
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
		settings := idleAfter(10 * time.Second)
		s := serveFrames(func(in flow.Source[frame]) flow.Source[frame] {
			opcode := protocol.OpText
			return flow.Map(flow.Take(flow.Tick(4*time.Second), 10), func(time.Time) frame {
				f := frame{Opcode: opcode, Payload: []byte("x")}
				opcode = protocol.OpContinuation
				return f
			})
		}, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		for range 9 {
			f, err := p.next()
			require.NoError(t, err)
			require.Equal(t, "x", string(f.Payload), f.String())
		}
	})
}
