package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// A request that has not been sent yet is not sent any more.
func TestD14CloseBeforeTheRequestIsSentWritesNothing(t *testing.T) {
	client, err := driver.NewClient("ws://example.com/", driver.Config{})
	require.NoError(t, err)
	require.NoError(t, client.Close(protocol.CloseNormal, ""))
	require.Zero(t, client.Pending())
	require.Empty(t, client.Output())
	require.Equal(t, []string{"websocket: closed: 1000 normal closure"}, events(client))
}

// What a callback of a ping does to its connection is as if it were done between two calls of Next.
func TestD16CallbackMayDoAnything(t *testing.T) {
	for name, do := range map[string]func(c *driver.Conn){
		"rest":    func(c *driver.Conn) { c.Rest() },
		"receive": func(c *driver.Conn) { c.Receive([]byte(fromClient(whole(protocol.OpText), "more"))) },
		"next":    func(c *driver.Conn) { c.Next() },
		"end":     func(c *driver.Conn) { c.ReceiveEnd(nil) },
		"close":   func(c *driver.Conn) { _ = c.Close(protocol.CloseNormal, "") },
		"ping":    func(c *driver.Conn) { _ = c.Ping([]byte("again"), func() { panic("not answered") }) },
	} {
		t.Run(name, func(t *testing.T) {
			c := openServer(t, driver.Config{})
			require.NoError(t, c.Ping([]byte("?"), func() { do(c) }))
			wire := fromClient(whole(protocol.OpPong), "?") + fromClient(whole(protocol.OpText), "text")
			got := play(c, wire)
			if name != "next" {
				require.Equal(t, "pong: ?", got[0])
				got = got[1:]
			}
			require.Equal(t, "text: text", got[0])
		})
	}
}
