package upgrade_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

// once is an input of one message that does not complete.
func once() source { return flow.Concat(flow.Of(message.Text("a")), flow.Never[message.Message]()) }

func TestConnectionAsAFlowIsClosedWhenNoMoreIsWanted(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		replies, err := flow.Collect(t.Context(), flow.Take(c.Flow()(once()), 1))
		require.NoError(t, err)
		require.Len(t, replies, 1)
		s.expectEnd(t, 0, false)
		require.Equal(t, protocol.CloseNormal, c.Closed().Code)
	})
}

func TestConnectionAsAFlowIsClosedWhenItsReceiverPanics(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		require.Panics(t, func() {
			_ = c.Flow()(once()).Run(context.Background(), func(message.Message) error { panic("x") })
		})
		<-s.ended
		require.NotNil(t, c.Closed())
	})
}
