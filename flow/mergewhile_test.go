package flow_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func ExampleMergeWhile() {
	answers := flow.Of("answer 1", "answer 2")
	pushed := flow.Never[string]()
	fmt.Println(flow.Collect(context.Background(), flow.MergeWhile(answers, pushed)))
	// Output: [answer 1 answer 2] <nil>
}

func TestMergeWhileKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, func(in ints) ints { return flow.MergeWhile(in) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints { return flow.MergeWhile(in, flow.Never[int]()) }, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, func(in ints) ints { return flow.MergeWhile(in, flow.Empty[int](), flow.Of(7)) }, []int{1, 2}, []int{1, 2, 7},
		flowtest.Unordered(), flowtest.Lossy())
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.MergeWhile(in, flow.Never[*flowHeld]())
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.MergeWhile(flow.Never[int](), flow.Map(in, func(v int) int {
			leave()
			return v
		}))
	})
}

func TestFirstSourceEndsTheOthers(t *testing.T) {
	ticks := flow.Map(flow.Tick(time.Second), func(time.Time) int { return 7 })
	for name, test := range map[string]struct {
		first ints
		want  []int
		err   error
	}{
		"complete": {flow.TakeWithin(flow.Never[int](), 2500*time.Millisecond), []int{7, 7}, nil},
		"at once":  {flow.Empty[int](), nil, nil},
		"failed":   {flow.Fail[int](errTest), nil, errTest},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				values, err := flow.Collect(t.Context(), flow.MergeWhile(test.first, ticks))
				require.Equal(t, test.err, err)
				require.Equal(t, test.want, values)
			})
		})
	}
}

func TestOtherSourcesEndTheFirstOnlyByFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := flow.InitialDelay(flow.Of(1, 2), time.Second)
		values, err := flow.Collect(t.Context(), flow.MergeWhile(first, flow.Of(7)))
		require.NoError(t, err)
		require.Equal(t, []int{7, 1, 2}, values)
		_, err = flow.Collect(t.Context(), flow.MergeWhile(first, flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
	})
}

func TestWhatIsCancelledByTheEndOfTheFirstDoesNotFailTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sulking := flow.MapError(flow.Never[int](), func(error) error { return errTest })
		values, err := flow.Collect(t.Context(), flow.MergeWhile(flow.InitialDelay(flow.Of(1), time.Second), sulking))
		require.NoError(t, err)
		require.Equal(t, []int{1}, values)
	})
}

func BenchmarkMergeWhile(b *testing.B) {
	benchmark(b, func(in ints) ints { return flow.MergeWhile(in, flow.Never[int]()) })
}
