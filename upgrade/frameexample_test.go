package upgrade_test

import (
	"fmt"
	"testing"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// An echo that keeps the fragments as they are, as a proxy does.
func ExampleUpgrader_FrameHandler() {
	var ws upgrade.Upgrader
	h := ws.FrameHandler(func(in flow.Source[upgrade.Frame]) flow.Source[upgrade.Frame] {
		return flow.Filter(in, func(f upgrade.Frame) bool { return f.Opcode.IsData() })
	})

	t := new(testing.T) // a test's own
	p := wstest.NewServer(t, h).Peer("/")
	p.WriteFrames(
		wstest.Frame{Opcode: protocol.OpText, Payload: []byte("Hello, "), More: true},
		wstest.Frame{Payload: []byte("Ada")},
	)
	fmt.Println(p.ReadFrame())
	fmt.Println(p.ReadFrame())
	// Output:
	// text of 7 bytes "Hello, ", more follow
	// continuation of 3 bytes "Ada"
}
