package picture

import (
	"slices"

	"github.com/wsflow/wsflow/flow"
)

// nodesOf returns every node of a graph once, each after its inputs.
func nodesOf(graph *flow.Node) []*flow.Node {
	var nodes []*flow.Node
	seen := make(map[*flow.Node]bool)
	var visit func(n *flow.Node)
	visit = func(n *flow.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs {
			visit(in)
		}
		nodes = append(nodes, n)
	}
	visit(graph)
	return nodes
}

// inputs returns what feeds a node, each once.
func inputs(n *flow.Node) []*flow.Node {
	var ins []*flow.Node
	for _, in := range n.Inputs {
		if in != nil && !slices.Contains(ins, in) {
			ins = append(ins, in)
		}
	}
	return ins
}

// A cell is a place in a layer: a node, or where an edge that spans layers passes through one.
type cell struct {
	node    *flow.Node // nil for an edge
	layer   int        // 0 is the last stage's
	feeds   []*cell    // in the layer before, to the right
	fedBy   []*cell    // in the layer after, to the left
	w, h    float64
	x, y    float64 // of the left and of the middle
	order   float64 // scratch, while layers are put in order
	columnW float64
}

// An edge goes from the cell of an input through cells without a node to that of what it feeds.
type edge struct {
	from *flow.Node
	path []*cell
	last int // of how many edges that end in the same node this one is, from the top
	ends int
}

// A layout is where everything is.
type layout struct {
	cells  map[*flow.Node]*cell
	layers [][]*cell
	edges  []*edge
	bends  int // how many more cells there may be that are no node's
	w, h   float64
}

const (
	gapX = 44.0 // between layers
	gapY = 16.0 // between cells of a layer
	pad  = 12.0 // around all
)

// maxBends is how many cells edges may pass through. In a long graph with many long edges they would be as many as the
// square of the nodes; the edges that have none left go straight, behind what stands in their way.
const maxBends = 5000

// arrange places nodes of the given sizes in layers, so that every edge goes to the right.
func arrange(nodes []*flow.Node, size func(*flow.Node) (w, h float64)) *layout {
	l := &layout{cells: make(map[*flow.Node]*cell), bends: maxBends}
	for _, n := range slices.Backward(nodes) { // each before its inputs
		c := l.cell(n)
		for _, in := range inputs(n) {
			below := l.cell(in)
			below.layer = max(below.layer, c.layer+1)
		}
	}
	for _, n := range slices.Backward(nodes) {
		c := l.cells[n]
		c.w, c.h = size(n)
		l.put(c)
	}
	for _, n := range slices.Backward(nodes) {
		for _, in := range inputs(n) {
			l.connect(in, n)
		}
	}
	l.sort()
	l.place()
	return l
}

func (l *layout) cell(n *flow.Node) *cell {
	c := l.cells[n]
	if c == nil {
		c = &cell{node: n}
		l.cells[n] = c
	}
	return c
}

func (l *layout) put(c *cell) {
	for len(l.layers) <= c.layer {
		l.layers = append(l.layers, nil)
	}
	l.layers[c.layer] = append(l.layers[c.layer], c)
}

// connect makes the edge from one node to another, with a cell in each layer between them.
func (l *layout) connect(from, to *flow.Node) {
	right, left := l.cells[to], l.cells[from]
	e := &edge{from: from, path: []*cell{right}}
	between := left.layer - right.layer - 1
	if between > l.bends {
		e.path = []*cell{left, right}
		l.edges = append(l.edges, e)
		return
	}
	l.bends -= between
	for layer := right.layer + 1; layer < left.layer; layer++ {
		c := &cell{layer: layer}
		l.put(c)
		link(right, c)
		e.path = append(e.path, c)
		right = c
	}
	link(right, left)
	e.path = append(e.path, left)
	slices.Reverse(e.path)
	l.edges = append(l.edges, e)
}

func link(right, left *cell) {
	right.fedBy = append(right.fedBy, left)
	left.feeds = append(left.feeds, right)
}

// sort puts the cells of each layer in the order of what they are connected with, to and fro, which leaves few
// edges that cross.
func (l *layout) sort() {
	for range 4 {
		for i := 1; i < len(l.layers); i++ {
			l.sortLayer(i, func(c *cell) []*cell { return c.feeds })
		}
		for i := len(l.layers) - 2; i >= 0; i-- {
			l.sortLayer(i, func(c *cell) []*cell { return c.fedBy })
		}
	}
}

func (l *layout) sortLayer(i int, beside func(*cell) []*cell) {
	position := func(layer int) map[*cell]float64 {
		at := make(map[*cell]float64)
		if layer >= 0 && layer < len(l.layers) {
			for i, c := range l.layers[layer] {
				at[c] = float64(i)
			}
		}
		return at
	}
	before, after := position(i-1), position(i+1)
	for k, c := range l.layers[i] {
		c.order = float64(k)
		if others := beside(c); len(others) > 0 {
			c.order = 0
			for _, o := range others {
				c.order += (before[o] + after[o]) / float64(len(others)) // it is in one of them
			}
		}
	}
	slices.SortStableFunc(l.layers[i], func(a, b *cell) int {
		switch {
		case a.order < b.order:
			return -1
		case a.order > b.order:
			return 1
		}
		return 0
	})
}

// place gives every cell its coordinates.
func (l *layout) place() {
	for range 3 {
		for _, layer := range l.layers {
			pack(layer, func(c *cell) []*cell { return c.feeds })
		}
		for _, layer := range slices.Backward(l.layers) {
			pack(layer, func(c *cell) []*cell { return c.fedBy })
		}
	}
	x := pad
	for _, layer := range slices.Backward(l.layers) {
		w := 0.0
		for _, c := range layer {
			w = max(w, c.w)
		}
		for _, c := range layer {
			c.x, c.columnW = x, w
			if c.node != nil {
				c.x += (w - c.w) / 2
			}
		}
		x += w + gapX
	}
	l.w = max(x-gapX, pad) + pad // there may be no node
	top, bottom := 0.0, 0.0
	for i, layer := range l.layers {
		first, last := layer[0], layer[len(layer)-1]
		if i == 0 {
			top, bottom = first.y-first.h/2, last.y+last.h/2
		}
		top, bottom = min(top, first.y-first.h/2), max(bottom, last.y+last.h/2)
	}
	for _, layer := range l.layers {
		for _, c := range layer {
			c.y += pad - top
		}
	}
	l.h = bottom - top + 2*pad
	l.ports()
}

// pack moves the cells of a layer to the middle of what they are connected with, as near as the room lets them that they
// leave each other: those that would overlap become a block, which has its middle where they want it on average.
func pack(layer []*cell, beside func(*cell) []*cell) {
	type block struct{ sum, n float64 } // of where its cells want its beginning
	var blocks []block
	offset := 0.0 // of a cell, if all stood without a gap
	offsets := make([]float64, len(layer))
	for i, c := range layer {
		if i > 0 {
			offset += layer[i-1].h/2 + gapY + c.h/2
		}
		offsets[i] = offset
		b := block{wanted(c, beside(c)) - offset, 1}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.sum/last.n <= b.sum/b.n {
				break
			}
			b = block{last.sum + b.sum, last.n + b.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range int(b.n) {
			layer[i].y = b.sum/b.n + offsets[i]
			i++
		}
	}
}

func wanted(c *cell, others []*cell) float64 {
	if len(others) == 0 {
		return c.y
	}
	sum := 0.0
	for _, o := range others {
		sum += o.y
	}
	return sum / float64(len(others))
}

// ports lets the edges into a node end one above the other.
func (l *layout) ports() {
	into := make(map[*cell][]*edge)
	for _, e := range l.edges {
		to := e.path[len(e.path)-1]
		into[to] = append(into[to], e)
	}
	for _, edges := range into {
		slices.SortStableFunc(edges, func(a, b *edge) int {
			return int(a.path[len(a.path)-2].y - b.path[len(b.path)-2].y)
		})
		for i, e := range edges {
			e.last, e.ends = i, len(edges)
		}
	}
}
