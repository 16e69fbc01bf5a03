package flow_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// A splitter puts chunks of text together to sentences.
type splitter struct{ text string }

func newSplitter() *splitter { return &splitter{} }

func (s *splitter) add(chunk string, emit func(string) error) error {
	s.text += chunk
	for {
		sentence, rest, found := strings.Cut(s.text, ".")
		if !found {
			return nil
		}
		s.text = rest
		if err := emit(sentence); err != nil {
			return err
		}
	}
}

func (s *splitter) rest(emit func(string) error) error {
	if s.text == "" {
		return nil
	}
	return emit(s.text)
}

func ExampleStatefulMap() {
	chunks := flow.Of("Hel", "lo.How are", " you.Bye")
	sentences := flow.StatefulMap(chunks, newSplitter, (*splitter).add, (*splitter).rest)
	fmt.Printf("%q\n", first(flow.Collect(context.Background(), sentences)))
	// Output: ["Hello" "How are you" "Bye"]
}

// A doubling emits every value and the sum so far, and at the end the number of values.
type doubling struct{ sum, n int }

func newDoubling() *doubling { return &doubling{} }

func (d *doubling) add(v int, emit func(int) error) error {
	d.n++
	d.sum += v
	if err := emit(v); err != nil {
		return err
	}
	return emit(d.sum)
}

// careless is add for those who forget to look at what emit says.
func (d *doubling) careless(v int, emit func(int) error) error {
	_ = d.add(v, emit)
	_ = emit(-1)
	return nil
}

func (d *doubling) count(emit func(int) error) error { return emit(-d.n) }

func (d *doubling) countTwice(emit func(int) error) error {
	_ = emit(-d.n)
	_ = emit(-d.n - 10)
	return nil
}

func TestStatefulMapKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.StatefulMap(in, newDoubling, (*doubling).add, (*doubling).count) }
	keepsTheLaws(t, f, []int{1, 2, 4}, []int{1, 1, 2, 3, 4, 7, -3})
	keepsTheLaws(t, f, nil, []int{0})
	keepsTheLaws(t, func(in ints) ints {
		return flow.StatefulMap(in, newDoubling, (*doubling).add, nil)
	}, []int{1, 2}, []int{1, 1, 2, 3})
	keepsTheLaws(t, func(in ints) ints {
		return flow.StatefulMap(in, newDoubling, (*doubling).careless, (*doubling).countTwice)
	}, []int{1, 2}, []int{1, 1, -1, 2, 3, -1, -2, -12})
}

func TestStatefulMapHandsOnThePanicsOfItsFunctions(t *testing.T) {
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.StatefulMap(in, func() *doubling {
			leave()
			return nil
		}, (*doubling).add, nil)
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.StatefulMap(in, newDoubling, func(*doubling, int, func(int) error) error {
			leave()
			return nil
		}, nil)
	})
	panicsTravel(t, func(in ints, leave func()) ints {
		return flow.StatefulMap(in, newDoubling, (*doubling).add, func(*doubling, func(int) error) error {
			leave()
			return nil
		})
	})
}

func TestStatefulMapCallsLastOnlyWhenItsInputIsComplete(t *testing.T) {
	called := func(in ints, end error) bool {
		t.Helper()
		called := false
		counted := flow.StatefulMap(in, newDoubling, (*doubling).add, func(*doubling, func(int) error) error {
			called = true
			return nil
		})
		err := counted.Run(t.Context(), func(v int) error {
			if v == 5 {
				return errTest
			}
			return nil
		})
		require.Equal(t, end, err)
		return called
	}
	require.True(t, called(flow.Of(1, 2), nil))
	require.False(t, called(flow.Concat(flow.Of(1), flow.Fail[int](errTest)), errTest))
	require.False(t, called(flow.Of(5), errTest))
}

func TestStatefulMapEndsWithTheErrorOfItsFunctions(t *testing.T) {
	failing := flow.StatefulMap(flow.Of(1, 2), newDoubling, func(d *doubling, v int, emit func(int) error) error {
		if v == 2 {
			return errTest
		}
		return emit(v)
	}, (*doubling).count)
	got, err := flow.Collect(t.Context(), failing)
	require.Equal(t, errTest, err)
	require.Equal(t, []int{1}, got)

	failing = flow.StatefulMap(flow.Of(1), newDoubling, (*doubling).add, func(*doubling, func(int) error) error { return errTest })
	got, err = flow.Collect(t.Context(), failing)
	require.Equal(t, errTest, err)
	require.Equal(t, []int{1, 1}, got)
}

func TestStatefulMapDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(func(in ints) ints {
		return flow.StatefulMap(in, newDoubling, (*doubling).add, (*doubling).count)
	}))
}

func BenchmarkStatefulMap(b *testing.B) {
	benchmark(b, func(in ints) ints {
		return flow.StatefulMap(in, newDoubling, func(d *doubling, v int, emit func(int) error) error {
			d.sum += v
			return emit(d.sum)
		}, nil)
	})
}
