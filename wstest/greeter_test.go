package wstest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// greeter greets those who say their name as text, and ignores the others.
func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.MapConcat(in, func(m message.Message) []message.Message {
		if m.IsBinary() {
			return nil
		}
		return []message.Message{message.Text("Hello " + m.Text() + "!")}
	})
}

var (
	ws    upgrade.Upgrader
	route = routing.With(&ws, routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)))
)

// The conversation of the package's documentation.
func TestConversationInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		wstest.WS("/greeter", probe.Flow()).Run(route).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			probe.SendText("Peter")
			probe.ExpectText("Hello Peter!")
			probe.SendMessage(message.Binary([]byte("abcdef")))
			probe.ExpectNoMessage(100 * time.Millisecond)
			probe.SendCompletion()
			probe.ExpectCompletion()
		})
	})
}

func TestConversationInRealTime(t *testing.T) {
	probe := wstest.NewWSProbe(t)
	wstest.WS("/greeter", probe.Flow()).Run(route).Check(func(r *wstest.Response) {
		require.True(t, r.IsWebSocketUpgrade())
		probe.SendText("Peter")
		probe.ExpectText("Hello Peter!")
		probe.SendMessage(message.Binary([]byte("abcdef")))
		probe.ExpectNoMessage(20 * time.Millisecond)
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}
