package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleEnforceRate() {
	// A client that sends more than two messages in a minute is disconnected: its handler fails.
	commands := flow.EnforceRate(flow.Of("join", "say", "say"), flow.Rate{N: 2, Per: time.Minute}, nil)
	fmt.Println(flow.Collect(context.Background(), commands))
	// Output: [join say] flow: rate exceeded
}

func ExampleEnforceRateWeighted() {
	words := flow.Of("a", "much too long", "b", "c")
	size := func(s string) int { return len(s) }
	short := flow.EnforceRateWeighted(words, flow.Rate{N: 8, Per: time.Minute}, size, func(s string) error {
		fmt.Println("dropped:", s)
		return nil
	})
	fmt.Println(flow.Collect(context.Background(), short))
	// Output:
	// dropped: much too long
	// [a b c] <nil>
}

func enforced(n int, exceeded func(int) error) flow.Flow[int, int] {
	return func(in ints) ints { return flow.EnforceRate(in, flow.Rate{N: n, Per: 10 * time.Second}, exceeded) }
}

func dropExcess(int) error { return nil }

func TestEnforceRateKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, enforced(3, nil), []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, enforced(2, dropExcess), []int{1, 2, 3}, []int{1, 2})
	keepsTheLaws(t, enforced(2, nil), nil, nil)
	panicsTravel(t, func(in ints, leave func()) ints {
		return enforced(1, func(int) error { leave(); return nil })(in)
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		rate := flow.Rate{N: 1, Per: time.Hour}
		return flow.EnforceRateWeighted(in, rate, func(int) int { leave(); return 1 }, nil)
	})
}

func TestEnforceRateFailsAtTheFirstValueThatIsTooSoon(t *testing.T) {
	require.Equal(t, flow.ErrRateExceeded, endOf(t, enforced(2, nil)(script("1@2 2@4 3@6 |7")), "1@2 2@4 X6"))
	draws(t, enforced(2, nil)(script("1@2 2@4 3@7 4@12 |13")), "1@2 2@4 3@7 4@12 |13") // a token every 5
	own := func(int) error { return errTest }
	require.Equal(t, errTest, endOf(t, enforced(1, own)(script("1@2 2@4 3@6 |7")), "1@2 X4"))
}

func TestDroppedValuesTakeNothingOfTheRate(t *testing.T) {
	draws(t, enforced(1, dropExcess)(script("1@2 2@4 3@6 4@8 5@10 6@12 7@14 |15")), "1@2 6@12 |15")
	costly := func(v int) int { return v }
	weighted := flow.EnforceRateWeighted(script("1@2 9@4 1@6 |7"), flow.Rate{N: 2, Per: 10 * time.Second}, costly, dropExcess)
	draws(t, weighted, "1@2 1@6 |7")
}

func TestEnforceRateNeedsARate(t *testing.T) {
	require.Panics(t, func() { enforced(0, nil)(flow.Of(1)) })
}

func TestEnforceRateAllocatesNothingForAValue(t *testing.T) {
	require.Zero(t, allocations(enforced(1_000_000_000, nil)))
}

func BenchmarkEnforceRate(b *testing.B) { benchmark(b, enforced(1_000_000_000, dropExcess)) }

func BenchmarkEnforceRateWeighted(b *testing.B) {
	rate := flow.Rate{N: 1_000_000_000, Per: time.Second}
	benchmark(b, func(in ints) ints { return flow.EnforceRateWeighted(in, rate, func(int) int { return 2 }, dropExcess) })
}
