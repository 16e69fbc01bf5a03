package wstest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A network with a latency of 40 ms, that breaks in the middle of the conversation.
func ExampleFaults() {
	fmt.Print(failureOf(func(t testing.TB) { // in a test it is func TestBadNetwork(t *testing.T) {
		slow := wstest.Link{Latency: 40 * time.Millisecond}
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(greeter), wstest.Wire{Faults: &wstest.Faults{ToServer: slow, ToClient: slow}})
		probe := server.Probe("/")

		start := time.Now()
		probe.SendText("Ada")
		probe.ExpectText("Hello Ada!")
		fmt.Println(time.Since(start) >= 80*time.Millisecond)

		server.Cut(wstest.CutRST)
		fmt.Println(probe.ExpectClose(1006).Code)
	}))
	// Output:
	// true
	// 1006 abnormal closure
}
