package upgrade_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A stage that calls runtime.Goexit, as t.FailNow does, takes with it whoever reads, writes or stands in.
func TestStageThatLeavesItsGoroutineEndsTheConnection(t *testing.T) {
	leaveAt := func(last int) frameFunc {
		return func(frame) error {
			if last--; last == 0 {
				runtime.Goexit()
			}
			return nil
		}
	}
	for name, tc := range map[string]struct {
		h  handler
		in bool
		at int
	}{
		"as it reads":     {echo, true, 1},
		"as it writes":    {echo, false, 1},
		"as it stands in": {slow(10*time.Second, nil), true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(witness)
				settings := staged(func(_ *upgrade.Conn, up, down frameFunc) (in, out frameFunc) {
					leave := leaveAt(tc.at)
					then := func(pass frameFunc) frameFunc {
						return func(f frame) error { _ = leave(f); return pass(f) }
					}
					if tc.in {
						return then(up), nil
					}
					return nil, then(down)
				})
				settings.Observer = w
				s := serve(tc.h, settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				p.text("x")
				if tc.at == 2 {
					time.Sleep(time.Second)
					p.frame(protocol.OpPing, "x", true)
				}
				p.expectClose(protocol.CloseInternalError, "")
				p.hangUp()
				require.NoError(t, s.Shutdown(t.Context()))
				require.NotEmpty(t, seen[upgrade.Failed](w)) // of the handler too, whose goroutine it can be
				require.Len(t, seen[upgrade.Closed](w), 1)
			})
		})
	}
}
