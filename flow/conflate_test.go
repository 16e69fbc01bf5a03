package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
)

func newestOf[T any](_, v T) T { return v }

func ExampleConflate() {
	// Whoever is slow gets the newest price, and none that is old.
	prices := flow.Conflate(flow.FromSeq(upTo(1000)), newestOf[int])
	got, err := flow.Collect(context.Background(), prices)
	fmt.Println(got[len(got)-1], err)
	// Output: 999 <nil>
}

func ExampleConflateWithSeed() {
	words := flow.Of("to", "be", "or", "not", "to", "be")
	count := flow.ConflateWithSeed(words, func(string) int { return 1 }, func(n int, _ string) int { return n + 1 })
	counts, err := flow.Collect(context.Background(), count)
	sum := 0
	for _, n := range counts {
		sum += n
	}
	fmt.Println(sum, "words", err)
	// Output: 6 words <nil>
}

func conflated[T any](in flow.Source[T]) flow.Source[T] { return flow.Conflate(in, newestOf[T]) }

func TestConflateKeepsTheLaws(t *testing.T) {
	keepsTheLaws(t, conflated[int], []int{1, 2, 3, 4}, []int{1, 2, 3, 4}, flowtest.Lossy())
	keepsTheLaws(t, conflated[int], []int{1}, []int{1})
	keepsTheLaws(t, conflated[int], nil, nil)
	holds(t, conflated[*flowHeld])
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Conflate(in, func(oldest, _ *flowHeld) *flowHeld { return oldest })
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.ConflateWithSeed(in, func(int) int { leave(); return 0 }, newestOf[int])
	})
}

func TestConflateMakesOneOfWhatCameWhileWhatFollowsWasBusy(t *testing.T) {
	sum := flow.Conflate(script("1@1 2@2 3@3 4@4 5@5 6@12 |13"), func(a, b int) int { return a + b })
	draws(t, sum, "1@1 14@10 6@19 |28", 9, 9, 9)
	draws(t, conflated(script("1@1 2@2 3@3 4@20 |21")), "1@1 3@10 4@20 |21", 9)
}

func TestErrorDoesNotOvertakeWhatIsConflated(t *testing.T) {
	require.Equal(t, errTest, endOf(t, conflated(script("1@1 2@2 3@3 X4")), "1@1 3@10 X10", 9))
}

func TestConflateAllocatesNothingForAValue(t *testing.T) {
	require.Less(t, allocations(conflated[int]), 100.0) // goroutines that wait now and then
}

func BenchmarkConflate(b *testing.B) { benchmark(b, conflated[int]) }

func BenchmarkConflateWithSeed(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.ConflateWithSeed(in, func(v int) int { return v }, func(sum, v int) int { return sum + v })
	})
}
