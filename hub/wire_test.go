package hub_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A room as the package describes it, over connections.
func TestPeerThatDoesNotKeepUpIsToldWhyAndHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, message.Message](hub.TopicsSettings[message.Message]{Topic: hub.Settings[message.Message]{Log: 4}})
		ended := make(chan error, 3)
		ws := &upgrade.Upgrader{}
		handler := func(in flow.Source[message.Message]) flow.Source[message.Message] {
			out := hub.Values(rooms.Flow("go", hub.Options{})(in))
			return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
				err := out.Run(ctx, emit)
				ended <- err
				return err
			})
		}
		server := wstest.NewServer(t, ws.Handler(handler), wstest.Wire{Buffer: 1 << 10})
		slow, fast, says := server.Peer("/"), server.Peer("/"), server.Peer("/")
		synctest.Wait()
		require.Equal(t, 3, rooms.Subscribers("go"))
		long := strings.Repeat("x", 10_000)
		for range 10 {
			says.WriteText(long)
			says.ExpectText(long)
			fast.ExpectText(long)
		}
		time.Sleep(time.Second)
		slow.ExpectText(long) // what was on its way
		require.Equal(t, "too slow", slow.ExpectClose(1013))
		synctest.Wait()
		require.Equal(t, 2, rooms.Subscribers("go"))
		require.Len(t, ended, 1)
		require.Equal(t, &upgrade.CloseError{Code: 1013, Reason: "too slow"}, <-ended)

		says.WriteText("after")
		fast.ExpectText("after")
	})
}
