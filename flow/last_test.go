package flow_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleLast() {
	fmt.Println(flow.Last[int]().Run(context.Background(), flow.Of(1, 2, 3)))
	// Output: 3 <nil>
}

func TestLastOfNothingFails(t *testing.T) {
	_, err := flow.Last[int]().Run(t.Context(), flow.Empty[int]())
	require.Equal(t, flow.ErrEmpty, err)
}

func TestLastOfAFailedStreamIsTheLastValueBefore(t *testing.T) {
	last := flow.Last[int]()
	for range 2 {
		v, err := last.Run(t.Context(), flow.Concat(flow.Of(1, 2), flow.Fail[int](errTest)))
		require.Equal(t, errTest, err)
		require.Equal(t, 2, v)
	}
	_, err := last.Run(t.Context(), flow.Fail[int](errTest))
	require.Equal(t, errTest, err)
}

func BenchmarkLast(b *testing.B) {
	b.ReportAllocs()
	_, _ = flow.Last[int]().Run(b.Context(), flow.FromSeq(upTo(b.N)))
}
