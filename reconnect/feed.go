package reconnect

import (
	"net/http"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// Feed makes the server's side of a [Topic]: each connection gets what is published, as the JSON of [hub.Item], from the position on
// that its query parameter "after" names. One that names none gets what Replay of the options says, and one that cannot be
// read is refused with 400. What clients send is read and left out.
//
//	mux.Handle("GET /prices", ws.HandlerFunc(reconnect.Feed(prices, hub.Options{})))
//
// After and Announce of the options are set for each connection. Options that cannot work with the topic's settings panic.
func Feed[T any](topic *hub.Topic[T], options hub.Options) func(*upgrade.Request) (upgrade.Handler, error) {
	topic.Subscribe(options) // which panics now and not later
	return func(q *upgrade.Request) (upgrade.Handler, error) {
		after, err := hub.ParsePosition(q.FormValue(defaultParam))
		if err != nil {
			return nil, upgrade.Reject(http.StatusBadRequest, "after is no position")
		}
		o := options
		o.After, o.Announce = after, true
		return flow.FromSinkAndSource(flow.Ignore[message.Message](), message.EncodeJSON(topic.Subscribe(o))), nil
	}
}
