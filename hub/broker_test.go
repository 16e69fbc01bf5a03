package hub_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
)

func TestPublishToHasThePositionOfTheLastValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{})
		s := run(t, rooms.Subscribe("go", hub.Options{}))
		last, err := hub.PublishTo(rooms, "go").Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		got := s.values()
		require.Equal(t, []int{1, 2}, valuesOf(got))
		require.Equal(t, got[1].Position, last)
	})
}

func TestPublishToLetsItsPairDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rooms := hub.NewTopics[string, int](hub.TopicsSettings[int]{})
		said := make(chan int)
		s := run(t, flow.FromSinkAndSource(hub.PublishTo(rooms, "go"), rooms.Subscribe("go", hub.Options{}))(flow.FromChan(said)))
		for v := range 3 {
			said <- v
		}
		synctest.Wait()
		rooms.Fail(errTest)
		said <- 3
		require.Equal(t, []int{0, 1, 2}, valuesOf(s.values()))
		require.Equal(t, errTest, s.end(t))
	})
}

// A brokenBroker is one that has lost its connection.
type brokenBroker struct{ hub.Broker[string, int] }

func (brokenBroker) Publish(context.Context, string, int) (hub.Position, error) {
	return hub.Position{}, errTest
}

func TestPublishToEndsWithAnErrorOfTheBroker(t *testing.T) {
	_, err := hub.PublishTo(brokenBroker{}, "go").Run(t.Context(), flow.Of(1))
	require.Equal(t, errTest, err)
}
