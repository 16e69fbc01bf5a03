package flow

import (
	"context"
	"strings"
)

// A Node is one operator in the description of a source: its name and what feeds it.
type Node struct {
	Name   string
	Inputs []*Node
}

var emptyNode = &Node{Name: "Empty"}

func (s Source[T]) describe() *Node {
	if s.node == nil {
		return emptyNode
	}
	return s.node
}

// Named returns the source with another name in its description, and with what feeds it, if that is given: it
// is for operators that are written with [FromFunc].
func (s Source[T]) Named(name string, inputs ...*Node) Source[T] {
	if len(inputs) == 0 {
		inputs = s.describe().Inputs
	}
	s.node = &Node{Name: name, Inputs: inputs}
	return s
}

// Describe returns the graph that the source was built as: the operator that its values come from
// last, with those that feed it as inputs. It is read-only.
func Describe[T any](s Source[T]) *Node {
	return s.describe()
}

// DescribeFlow returns the graph of a flow, applied to a source with the name in: the way to look at a handler
// without a connection. Nothing is run.
func DescribeFlow[I, O any](in string, flow Flow[I, O]) *Node {
	return Describe(flow(NewSource(in, func(_ context.Context, _ func(I) error, end func(error)) { end(nil) })))
}

// String writes the graph as a tree, a line each operator, the last one first. What feeds an operator that stands there
// more than once is written the first time.
func (n *Node) String() string {
	var b strings.Builder
	n.write(&b, 0, make(map[*Node]bool))
	return b.String()
}

func (n *Node) write(b *strings.Builder, depth int, written map[*Node]bool) {
	for range depth {
		b.WriteString("  ")
	}
	b.WriteString(n.Name)
	if len(n.Inputs) > 0 && written[n] {
		b.WriteString(", as above\n")
		return
	}
	written[n] = true
	b.WriteByte('\n')
	for _, in := range n.Inputs {
		in.write(b, depth+1, written)
	}
}
