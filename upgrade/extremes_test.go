package upgrade_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestDeadlinesMayBeAsLongAsADuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ever = time.Duration(math.MaxInt64)
		for name, stages := range map[string][]upgrade.FrameStage{"plain": nil, "below a stage": {identity}} {
			s := serve(echo, upgrade.Settings{
				PingInterval: ever, PongTimeout: ever, IdleTimeout: ever, WriteTimeout: ever, MessageTimeout: ever, CloseTimeout: ever, CloseGrace: ever,
				FrameStages: stages,
			})
			p := connect(t, wstest.NewServer(t, s), "/")
			p.text("hello")
			p.expectText("hello")
			time.Sleep(24 * time.Hour)
			p.text("again")
			p.expectText("again")
			p.close(protocol.CloseNormal, "")
			s.expectEnd(t, 0, false)
			require.Empty(t, s.ended, name)
		}
	})
}

// A careless observer is a witness that has no context for a handler.
type careless struct{ witness }

func (*careless) ConnContext(context.Context, *upgrade.Conn) context.Context { return nil }

func TestObserverWithoutAContextHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, upgrade.Settings{Observer: new(careless)})
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("hello")
		p.expectText("hello")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}
