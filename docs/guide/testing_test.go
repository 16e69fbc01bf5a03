package guide_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestLengthsWithoutAConnection(t *testing.T) {
	in := flow.Of(message.Text(`{"id":1,"of":"abc"}`), message.Text(`{"id":2,"of":""}`))
	out, err := flow.Collect(t.Context(), lengths(in))
	require.NoError(t, err)
	require.Equal(t, []string{`{"id":1,"is":3}`, `{"id":2,"is":0}`}, texts(out))
}

func TestShoutOverAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		probe := wstest.NewWSProbe(t)
		response := wstest.WS("/shout?loud=1", probe.Flow()).Header("Origin", "http://example.com").Run(ws.Handler(shout))
		require.Equal(t, http.StatusForbidden, response.StatusCode) // of another site

		wstest.WS("/shout", probe.Flow()).Run(ws.Handler(shout))
		probe.SendText("hello")
		probe.ExpectText("HELLO")
		probe.SendBinary([]byte{1})
		require.Equal(t, "binary messages are not accepted", probe.ExpectClose(1003).Reason)
	})
}

// A client with a header, and a Dialer as it is in the program.
func TestDialerWithAHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
			if q.Header.Get("Authorization") != "Bearer secret" {
				return nil, upgrade.Reject(http.StatusUnauthorized, "who are you?")
			}
			return shout, nil
		}))
		dialer := server.Dialer()
		dialer.Header = http.Header{"Authorization": {"Bearer secret"}}
		conn, _, err := dialer.Dial(t.Context(), server.URL("/shout"))
		require.NoError(t, err)
		probe := wstest.NewWSProbe(t)
		go func() { _ = conn.Run(context.Background(), probe.Flow()) }()
		probe.SendText("hello")
		probe.ExpectText("HELLO")
	})
}

func TestPingsKeepAQuietConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		probe := wstest.NewServer(t, ws.Handler(shout)).Probe("/")
		probe.ExpectNoMessage(24 * time.Hour) // takes no time
		probe.SendText("still there?")
		probe.ExpectText("STILL THERE?")
	})
}

// However the network cuts what is sent, the handler sees the same.
func TestSumHoweverBytesArrive(t *testing.T) {
	wires := append(wstest.Wires(), wstest.Wire{ServerReads: wstest.ByteByByte}, wstest.Wire{ServerReads: wstest.AtRandom(7)})
	for _, wire := range wires {
		t.Run(wire.String(), func(t *testing.T) {
			probe := wstest.NewServer(t, large.Handler(sum), wire).Probe("/")
			probe.SendText("a", "b", "c") // a frame each
			probe.ExpectText("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
		})
	}
}

// The network goes away without a word; the server finds out.
func TestDeadNetworkIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := make(chan error, 1)
		ws := upgrade.Upgrader{Settings: upgrade.Settings{PingInterval: 20 * time.Second, PongTimeout: 5 * time.Second}}
		server := wstest.NewServer(t, ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.WatchTermination(shout(in), func(err error) { gone <- err })
		}), wstest.Wire{Faults: new(wstest.Faults)})
		probe := server.Probe("/")

		slow := wstest.Link{Latency: 300 * time.Millisecond}
		server.SetFaults(wstest.Faults{ToServer: slow, ToClient: slow})
		start := time.Now()
		probe.SendText("hello")
		probe.ExpectText("HELLO")
		require.Equal(t, 600*time.Millisecond, time.Since(start))

		silent := wstest.Link{StallFor: -1} // for ever
		server.SetFaults(wstest.Faults{ToServer: silent, ToClient: silent})
		require.ErrorContains(t, <-gone, "1006")
		require.Equal(t, 25*time.Second, time.Since(start))
	})
}

// A client that does not read stops its own handler, and nobody else.
func TestSlowClientIsSentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[message.Message]{Log: 8})
		var ws upgrade.Upgrader
		heard := hub.Values(topic.Subscribe(hub.Options{}))
		server := wstest.NewServer(t, ws.Handler(flow.FromSinkAndSource(flow.Ignore[message.Message](), heard)), wstest.Wire{Buffer: 1 << 10})

		slow := server.Dial("/") // a connection that nobody reads yet
		quick := server.Probe("/")
		synctest.Wait() // both have subscribed

		for range 100 {
			_, err := topic.Publish(t.Context(), message.Binary(make([]byte, 1<<10)))
			require.NoError(t, err)
			quick.ExpectMessage()
		}
		_, err := flow.Collect(t.Context(), slow.Source())
		require.EqualError(t, err, "websocket: closed by peer: 1013 try again later: too slow")
	})
}

// evens is an operator of one's own.
func evens(in flow.Source[int]) flow.Source[int] {
	return flow.Filter(in, func(v int) bool { return v%2 == 0 })
}

func TestEvensKeepsTheLaws(t *testing.T) {
	require.NoError(t, flowtest.TestFlow(evens, []int{1, 2, 3, 4}, []int{2, 4}))
}

func TestThrottleInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		out, err := flow.Collect(t.Context(), flow.Throttle(flow.Of(1, 2, 3), flow.Rate{N: 1, Per: time.Hour}))
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3}, out)
		require.Equal(t, 2*time.Hour, time.Since(start))
	})
}
