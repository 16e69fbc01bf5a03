package upgrade_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestStageThatFailsAsItIsMadeIsToldAfterTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		settings := staged(func(c *upgrade.Conn, _, _ frameFunc) (frameFunc, frameFunc) {
			c.Fail(errors.New("no"))
			time.Sleep(time.Second) // the close frame waits for the stages that it goes through
			return nil, nil
		})
		settings.Observer = w
		s := serve(echo, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectClose(protocol.CloseInternalError, "")
		p.hangUp()
		s.expectEnd(t, protocol.CloseInternalError, false)
		require.Len(t, w.events, 3)
		require.IsType(t, upgrade.Opened{}, w.events[0])
		require.IsType(t, upgrade.Failed{}, w.events[1])
		require.IsType(t, upgrade.Closed{}, w.events[2])
	})
}
