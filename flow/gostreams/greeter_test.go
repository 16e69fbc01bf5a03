package gostreams_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow/gostreams"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// greeter is the greeter of the examples as a graph of go-streams.
var greeter = gostreams.Flow[message.Message, message.Message](func(_ context.Context, in streams.Source) streams.Flow {
	return in.
		Via(gsflow.NewFilter(message.Message.IsText, 1)).
		Via(gsflow.NewMap(func(name message.Message) message.Message {
			return message.Text("Hello " + name.Text() + "!")
		}, 1))
})

// The steps are those of the greeter's own test in examples/greeter.
func TestGreeterGreets(t *testing.T) {
	for name, settings := range map[string]upgrade.Settings{"strict": {}, "streaming": {Streaming: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				routes := routing.With(&upgrade.Upgrader{Settings: settings},
					routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)))
				probe := wstest.NewWSProbe(t)
				wstest.WS("/greeter", probe.Flow()).Run(routes).Check(func(r *wstest.Response) {
					require.True(t, r.IsWebSocketUpgrade())
					probe.SendText("Peter")
					probe.ExpectText("Hello Peter!")
					probe.SendMessage(message.Binary([]byte("abcdef")))
					probe.ExpectNoMessage(100 * time.Millisecond)
					probe.SendCompletion()
					probe.ExpectCompletion()
				})
			})
		})
	}
}

// A connection that is cut ends the graph: a goroutine of it that stayed would be a deadlock of the bubble.
func TestGraphEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		routes := routing.With(new(upgrade.Upgrader), routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)))
		probe := wstest.NewWSProbe(t)
		wstest.WS("/greeter", probe.Flow()).Run(routes).Check(func(*wstest.Response) {
			probe.SendText("Peter")
			probe.ExpectText("Hello Peter!")
		})
	})
}
