package upgrade_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A read is judged by when it has returned, also below stages, and not by when the one before has.
func TestRatesRecoverBelowStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.FrameStages = []stage{identity}
			s.MessageRate = upgrade.Rate{N: 10, Per: time.Second, Burst: 1}
			s.ControlRate = upgrade.Rate{N: 10, Per: time.Second, Burst: 1}
			s.ByteRate = upgrade.Rate{N: 130, Per: time.Second, Burst: 20} // a text of a byte and a ping of none are 13
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		for range 20 {
			p.WriteFrames(wstest.TextFrame("x"), wstest.Frame{Opcode: protocol.OpPing})
			for range 2 {
				f, err := p.next()
				require.NoError(t, err)
				require.Contains(t, []protocol.Opcode{protocol.OpText, protocol.OpPong}, f.Opcode, f.String())
			}
			time.Sleep(100 * time.Millisecond)
		}
		p.text("x")
		p.text("x")
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 10 messages a second")
	})
}
