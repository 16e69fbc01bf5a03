package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
)

func TestValuesKeepsTheLaws(t *testing.T) {
	in := []hub.Item[int]{{Value: 1}, {Missed: 3, NoValue: true}, {Value: 2}, {Value: 3, Missed: 1, Reset: true}}
	require.NoError(t, flowtest.TestFlow(hub.Values[int], in, []int{1, 2, 3}))
}

func TestValuesCostNothing(t *testing.T) {
	items := make([]hub.Item[int], 1000)
	allocs := func(n int) float64 {
		return testing.AllocsPerRun(10, func() {
			_, _ = flow.Ignore[int]().Run(t.Context(), hub.Values(flow.Of(items[:n]...)))
		})
	}
	require.Equal(t, allocs(1), allocs(1000))
}
