package upgrade_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// takingTime is a handler that takes as long for each message.
func takingTime(d time.Duration) handler {
	return func(in source) source {
		return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) {
			time.Sleep(d)
			return m, nil
		})
	}
}

// only returns the one connection of an upgrader.
func only(t *testing.T, u *upgrade.Upgrader) *upgrade.Conn {
	t.Helper()
	var conns []*upgrade.Conn
	for _, c := range u.Connections() {
		conns = append(conns, c)
	}
	require.Len(t, conns, 1)
	return conns[0]
}

func withStatistics() upgrade.Settings {
	settings := quiet
	settings.Statistics = true
	settings.PingInterval = -1
	return settings
}

func TestStatisticsOfAConnectionTellWhereItsTimeGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(takingTime(time.Second), withStatistics())
		p := connect(t, wstest.NewServer(t, s), "/")
		opened := time.Now()
		for range 3 {
			p.WriteText("hello")
			p.expectText("hello")
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		c := only(t, &s.Upgrader)
		graph := c.Graph()
		require.Equal(t, "Conn\n  TryMap\n    Conn\n", graph.String())
		figures, ok := c.Statistics()
		require.True(t, ok)
		require.Equal(t, opened, figures.Opened)
		require.Equal(t, int64(3*(2+4+5)), figures.BytesIn)
		require.Equal(t, int64(3*(2+5)), figures.BytesOut)
		require.Equal(t, []uint64{3, 3}, []uint64{figures.MessagesIn, figures.MessagesOut})
		require.Zero(t, figures.Pending)
		require.Zero(t, figures.Writing)
		require.Zero(t, figures.Blocked)

		works, receives := figures.Stages[graph.Inputs[0]], figures.Stages[graph.Inputs[0].Inputs[0]]
		require.Equal(t, 3*time.Second, works.Own)
		require.Zero(t, works.InEmit)
		require.Equal(t, 3*time.Second, receives.InEmit)
		require.Equal(t, 3*time.Minute+3*time.Second, receives.Lived)
		require.Zero(t, figures.Stages[graph].Own)

		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
		for range s.Connections() {
			t.Fatal("the connection has ended")
		}
	})
}

func TestPeerThatDoesNotReadIsBackpressureOfTheSocket(t *testing.T) {
	for name, size := range map[string]int{"in emit": 200_000, "after a batch": 60_000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(func(in source) source {
					reply := message.Text(strings.Repeat("x", size))
					return flow.Map(in, func(message.Message) message.Message { return reply })
				}, withStatistics())
				p := connect(t, wstest.NewServer(t, s, wstest.Wire{Buffer: 1 << 10}), "/")
				p.WriteText("more")
				time.Sleep(3 * time.Second)
				c := only(t, &s.Upgrader)
				figures, _ := c.Statistics()
				require.Equal(t, 3*time.Second, figures.Blocked)
				require.Equal(t, 3*time.Second, figures.Writing)
				require.Greater(t, figures.Pending, int64(size))
				graph := c.Graph()
				require.Equal(t, 3*time.Second, figures.Stages[graph].Own, "the connection that sends")
				require.Equal(t, 3*time.Second, figures.Stages[graph.Inputs[0]].Blocked)
				require.Zero(t, figures.Stages[graph.Inputs[0]].Own, "of the handler")

				p.expectText(strings.Repeat("x", size)) // lets it through
				synctest.Wait()
				figures, _ = c.Statistics()
				require.Zero(t, figures.Blocked)
				require.Equal(t, 3*time.Second, figures.Writing)
				require.Zero(t, figures.Pending)
			})
		})
	}
}

func TestStatisticsAreOffByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		c := only(t, &s.Upgrader)
		_, ok := c.Statistics()
		require.False(t, ok)
		require.Nil(t, c.Graph())
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestConnectionsComeInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		server := wstest.NewServer(t, s)
		peers := make([]*peer, 5)
		for i := range peers {
			peers[i] = connect(t, server, "/")
		}
		var ids, left []uint64
		for id, c := range s.Connections() {
			require.Equal(t, c.ID(), id)
			ids = append(ids, id)
		}
		require.Len(t, ids, 5)
		require.IsIncreasing(t, ids)
		peers[1].close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
		for id := range s.Connections() {
			if left = append(left, id); id == ids[3] {
				break
			}
		}
		require.Equal(t, []uint64{ids[0], ids[2], ids[3]}, left)
	})
}

func TestDialedConnectionHasStatisticsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, serve(echo, quiet))
		dialer := server.Dialer()
		dialer.Settings = withStatistics()
		c, _, err := dialer.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		figures, ok := c.Statistics()
		require.True(t, ok)
		require.Nil(t, figures.Stages, "it is not run")
		require.NoError(t, c.Run(t.Context(), func(in source) source {
			return flow.Concat(flow.Of(message.Text("hello")), flow.Take(in, 1), flow.Fail[message.Message](&upgrade.CloseError{Code: 1000}))
		}))
		figures, _ = c.Statistics()
		require.Equal(t, []uint64{1, 2}, []uint64{figures.MessagesIn, figures.MessagesOut})
		require.Equal(t, "Conn\n  Concat\n    Of\n    Take\n      Conn\n    Fail\n", c.Graph().String())
	})
}
