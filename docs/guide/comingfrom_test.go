package guide_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// Loops go on working: a connection is a range and a method.
func echoLoop(ws *upgrade.Upgrader) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, err := ws.Upgrade(w, r)
		if err != nil {
			return // it has been answered
		}
		for m, err := range conn.Source().All(r.Context()) {
			if err != nil || conn.Send(r.Context(), m) != nil {
				break
			}
		}
		_ = conn.Close(1000, "")
	}
}

func TestEchoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewServer(t, echoLoop(new(upgrade.Upgrader))).Probe("/")
		probe.SendText("a")
		probe.ExpectText("a")
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}

// Channels at both ends, and any goroutines in between.
func channels(work func(in <-chan string, out chan<- string)) flow.Flow[string, string] {
	return func(in flow.Source[string]) flow.Source[string] {
		return flow.Lazy(func(context.Context) (flow.Source[string], error) {
			said, heard := make(chan string), make(chan string)
			go work(said, heard)
			feed := flow.NewSink("channel", func(ctx context.Context, in flow.Source[string]) (struct{}, error) {
				defer close(said) // work's loop over it ends
				return flow.ToChan(said).Run(ctx, in)
			})
			return flow.FromSinkAndSourceUncoupled(feed, flow.FromChan(heard))(in), nil
		})
	}
}

func TestChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := func(in <-chan string, out chan<- string) {
			defer close(out)
			for s := range in {
				out <- strings.ToUpper(s)
			}
		}
		out, err := flow.Collect(t.Context(), channels(work)(flow.Of("a", "b")))
		require.NoError(t, err)
		require.Equal(t, []string{"A", "B"}, out)
	})
}

// A materialised value is a variable: of the handler, if it is the connection's, and around it, if it is shared.
func counting(total *flow.Progress) upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		n := 0
		return flow.Map(flow.Monitor(in, total), func(message.Message) message.Message {
			n++
			return message.Text(fmt.Sprint(n))
		})
	}
}

func Example_counting() {
	var total flow.Progress
	h := counting(&total)
	for range 2 {
		out, _ := flow.Collect(context.Background(), h(flow.Of(message.Text("a"), message.Text("b"))))
		fmt.Println(texts(out))
	}
	fmt.Println(total.Values())
	// Output:
	// [1 2]
	// [1 2]
	// 4
}

// A diamond: what goes through both flows comes out merged.
func diamond(in flow.Source[int]) flow.Source[int] {
	return flow.Broadcast(in,
		func(in flow.Source[int]) flow.Source[int] { return flow.Map(in, func(v int) int { return v * 10 }) },
		func(in flow.Source[int]) flow.Source[int] { return flow.Filter(in, func(v int) bool { return v > 1 }) },
	)
}

func Example_diamond() {
	fmt.Println(flow.Collect(context.Background(), diamond(flow.Of(1, 2))))
	// Output: [10 20 2] <nil>
}
