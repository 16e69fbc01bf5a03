package wsflow_test

import (
	"net/http"
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

// The code of README.md.

func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	names := flow.Filter(in, message.Message.IsText)
	return flow.Map(names, func(name message.Message) message.Message {
		if name.IsStrict() {
			return message.Text("Hello " + name.Text() + "!")
		}
		return message.TextStream(flow.Concat(flow.Of("Hello "), name.TextChunks(), flow.Of("!")))
	})
}

var page = http.NotFoundHandler()

func TestReadmeWithServeMux(t *testing.T) {
	var ws upgrade.Upgrader // the zero value is safe: same origin, bounded messages, keep-alive
	mux := http.NewServeMux()
	mux.Handle("GET /greeter", ws.Handler(greeter))
	testGreeter(t, mux)
}

func TestReadmeWithRouting(t *testing.T) {
	var ws upgrade.Upgrader
	route := routing.With(&ws, routing.Concat(
		routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)),
		routing.Path("/{$}", routing.Handler(page)),
	))
	testGreeter(t, route)
}

func testGreeter(t *testing.T, route http.Handler) {
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
