package frames_test

import (
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/frames"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A stage of one's own: it limits the pings of each connection, and no others.
func ExampleCheck() {
	var _ upgrade.FrameStage = func(_ *upgrade.Conn, up, _ upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		pings := 0 // of this connection
		in = func(f upgrade.Frame) error {
			if f.Opcode == protocol.OpPing {
				if pings++; pings > 100 {
					return &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Reason: "too many pings"}
				}
			}
			return up(f)
		}
		return in, nil
	}

	// What needs no memory is a function alone.
	noBinary := frames.Check(func(_ *upgrade.Conn, d frames.Direction, f upgrade.Frame) error {
		if d == frames.In && f.Opcode == protocol.OpBinary {
			return &upgrade.CloseError{Code: protocol.CloseUnsupportedData, Reason: "text only"}
		}
		return nil
	})
	ws := upgrade.Upgrader{Settings: upgrade.Settings{FrameStages: []upgrade.FrameStage{noBinary}}}

	t := new(testing.T) // a test's own
	p := wstest.NewServer(t, ws.Handler(echo)).Peer("/")
	p.WriteFrames(wstest.BinaryFrame([]byte("abc")))
	fmt.Println(p.ExpectClose(protocol.CloseUnsupportedData))
	// Output: text only
}
