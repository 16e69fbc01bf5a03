package guide_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/debug"
	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/picture"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func Example_describe() {
	fmt.Println(flow.DescribeFlow("Conn", limited))
	fmt.Println(flow.DescribeFlow("Conn", clock()))
	// Output:
	// EncodeJSON
	//   Map
	//     DecodeJSON
	//       Throttle
	//         Conn
	//
	// FromSinkAndSource
	//   Ignore
	//     Conn
	//   Map
	//     Tick
}

func Example_mermaid() {
	fmt.Print(picture.Mermaid(flow.DescribeFlow("Conn", clock())))
	// Output:
	// flowchart LR
	//     n0["Conn"]
	//     n1["Ignore"]
	//     n2["Tick"]
	//     n3["Map"]
	//     n4["FromSinkAndSource"]
	//     n0 --> n1
	//     n2 --> n3
	//     n1 --> n4
	//     n3 --> n4
}

func Example_member() {
	fmt.Println(flow.DescribeFlow("Conn", newChat().member("blue", "Ada", hub.Position{})))
	// Output:
	// EncodeJSON
	//   Present
	//     MergeWhile
	//       Map
	//         Topics
	//           Map
	//             DecodeJSON
	//               Conn
	//       Map
	//         Watch
}

func TestStatisticsShowWhoIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parsed := flow.Map(flow.FromSeq(strings.FieldsSeq("a b c")), strings.ToUpper)
		stored := flow.TryMap(parsed, func(_ context.Context, s string) (string, error) {
			time.Sleep(time.Second) // the database
			return s, nil
		})
		ctx, statistics := flow.WithStatistics(t.Context())
		_, err := flow.Collect(ctx, stored)
		require.NoError(t, err)

		graph := flow.Describe(stored)
		require.EqualValues(t, 3, statistics.Of(graph).Values)
		require.Equal(t, 3*time.Second, statistics.Of(graph).Own)
		require.Zero(t, statistics.Of(graph.Inputs[0]).Own)
	})
}

// diagnosed has the page of its connections on a port that only we reach.
func diagnosed(h upgrade.Handler) (public, private *http.ServeMux) {
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}}
	public, private = http.NewServeMux(), http.NewServeMux()
	public.Handle("GET /ws", ws.Handler(h))
	private.Handle("GET /debug/flows", debug.Flows(ws))
	return public, private
}

func TestDiagnosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		public, private := diagnosed(shout)
		probe := wstest.NewServer(t, public).Probe("/ws")
		probe.SendText("a")
		probe.ExpectText("A")
		page := wstest.HTTP("GET", "/debug/flows?format=json").Run(private).Text()
		require.Contains(t, page, `"path":"/ws"`)
		require.Contains(t, page, `"messagesIn":1`)
	})
}

// observed logs what happens to connections, and has the counts of them on a port that only we reach.
func observed(h upgrade.Handler, logger *slog.Logger) (public, private *http.ServeMux) {
	counters := new(observe.Counters) // which expvar.Publish("websocket", counters) would add to expvar's page
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{
		Observer: observe.All(observe.Log(logger), counters),
		Logger:   logger, // errors and panics
	}}
	public, private = http.NewServeMux(), http.NewServeMux()
	public.Handle("GET /ws", ws.Handler(h))
	private.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, counters) })
	return public, private
}

func TestObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		public, private := observed(shout, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		probe := wstest.NewServer(t, public).Probe("/ws")
		probe.SendText("a")
		probe.ExpectText("A")
		synctest.Wait()
		page := wstest.HTTP("GET", "/counts").Run(private).Text()
		require.Contains(t, page, `"active":1`)
		require.Contains(t, page, `"messages_in":1`)
		probe.SendCompletion()
		probe.ExpectCompletion()
		synctest.Wait()
		require.Contains(t, log.String(), "event=opened")
		require.Contains(t, log.String(), "event=closed")
	})
}

// A dropout counts the connections that were cut.
type dropout struct{ connections atomic.Int64 }

func (d *dropout) Observe(e upgrade.Event) {
	if closed, ok := e.(upgrade.Closed); ok && closed.Cause.Code == protocol.CloseAbnormal {
		d.connections.Add(1)
	}
}

func TestDropout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(dropout)
		ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: d}}
		wstest.NewServer(t, ws.Handler(shout)).Peer("/").Cut()
		synctest.Wait()
		require.EqualValues(t, 1, d.connections.Load())
	})
}

func Example_log() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // for the example's sake
			}
			return a
		},
	}))
	_ = flow.Log(flow.Of(message.Text("a")), logger, "in").Run(context.Background(), func(message.Message) error { return nil })
	// Output:
	// level=DEBUG msg="stream value" stream=in value="text of 1 byte: \"a\""
	// level=DEBUG msg="stream complete" stream=in values=1
}
