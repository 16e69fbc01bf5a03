package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleDescribe() {
	chat := flow.FromSinkAndSource(flow.Ignore[int](), flow.Merge(flow.Of(1), flow.Async(flow.Empty[int]())))
	fmt.Print(flow.Describe(flow.Map(chat(flow.Never[int]()), addOne)))
	// Output:
	// Map
	//   FromSinkAndSource
	//     Ignore
	//       Never
	//     Merge
	//       Of
	//       Async
	//         Empty
}

func ExampleDescribeFlow() {
	handler := func(in ints) ints { return flow.Take(flow.Filter(in, even), 10) }
	fmt.Print(flow.DescribeFlow("Conn", handler))
	// Output:
	// Take
	//   Filter
	//     Conn
}

func TestEveryOperatorHasItsName(t *testing.T) {
	in := flow.Of(1)
	for name, source := range map[string]ints{
		"Map": mapped(in), "TryMap": flow.TryMap(in, tenfold), "Filter": flow.Filter(in, even),
		"MapConcat": flow.MapConcat(in, func(int) []int { return nil }),
		"Take":      flow.Take(in, 1), "Drop": flow.Drop(in, 1), "Concat": flow.Concat(in), "Merge": flow.Merge(in),
		"MapAsync": flow.MapAsync(in, 1, tenfold), "Buffer": flow.Buffer(in, 1, flow.DropAll), "Async": flow.Async(in),
	} {
		node := flow.Describe(source)
		require.Equal(t, name, node.Name)
		require.Len(t, node.Inputs, 1, name)
		require.Equal(t, "Of", node.Inputs[0].Name)
	}
	for name, source := range map[string]ints{
		"Of": in, "Empty": {}, "Never": flow.Never[int](), "Fail": flow.Fail[int](nil), "FromSeq": flow.FromSeq(upTo(1)),
		"FromChan": flow.FromChan[int](nil), "Queue": filled().Source(), "FromFunc": flow.FromFunc[int](nil),
	} {
		require.Equal(t, name, flow.Describe(source).Name)
		require.Empty(t, flow.Describe(source).Inputs)
	}
}

func TestWhatFeedsASharedSourceIsWrittenOnce(t *testing.T) {
	in := flow.Map(flow.Of(1), addOne)
	require.Equal(t, "Merge\n  Map\n    Of\n  Map, as above\n", flow.Describe(flow.Merge(in, in)).String())
	for range 40 {
		in = flow.Merge(in, in)
	}
	require.Equal(t, 42+40, strings.Count(flow.Describe(in).String(), "\n"))
}
