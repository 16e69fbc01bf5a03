package wstest_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A room hands what one member says to all. It shows how a handler takes part in something that outlives it, and how
// that is tested.
type room struct {
	mu      sync.Mutex
	members map[*flow.Queue[message.Message]]bool
}

// handler is called once for each connection. What has to be given back is acquired where the stream runs, so that it is also given
// back when the connection ends early.
func (r *room) handler(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
		heard := r.join()
		defer r.leave(heard)
		said := flow.ForEach(func(_ context.Context, m message.Message) error {
			r.say(m)
			return nil
		})
		return flow.FromSinkAndSource(said, heard.Source())(in).Run(ctx, emit)
	}).Named("room", flow.Describe(in))
}

func (r *room) join() *flow.Queue[message.Message] {
	r.mu.Lock()
	defer r.mu.Unlock()
	heard := flow.NewQueue[message.Message](16)
	if r.members == nil {
		r.members = make(map[*flow.Queue[message.Message]]bool)
	}
	r.members[heard] = true
	return heard
}

func (r *room) leave(heard *flow.Queue[message.Message]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, heard)
}

// say never waits: a member who does not listen is sent away, and harms nobody else.
func (r *room) say(m message.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for heard := range r.members {
		if heard.Offer(m) == flow.Dropped {
			heard.Fail(&upgrade.CloseError{Code: 1013, Reason: "too slow"})
		}
	}
}

func TestChat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		blue := &room{}
		mux := http.NewServeMux()
		mux.Handle("GET /rooms/blue", ws.Handler(blue.handler))
		server := wstest.NewServer(t, mux)

		ada, bob := server.Probe("/rooms/blue"), server.Probe("/rooms/blue")
		synctest.Wait() // both have joined

		ada.SendText("hello")
		ada.ExpectText("hello")
		bob.ExpectText("hello")

		bob.SendCompletion()
		bob.ExpectCompletion()
		ada.SendText("anyone?")
		ada.ExpectText("anyone?")
		ada.ExpectNoMessage(time.Hour)

		go func() { _ = ws.Shutdown(context.Background()) }()
		ada.ExpectClose(1001)
		synctest.Wait()
		require.Empty(t, blue.members)
	})
}
