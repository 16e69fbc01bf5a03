package flow

import "context"

// Concat emits the values of the first source, then those of the second, and so on. A source
// is started when the one before it is complete; the first error ends the stream.
//
//	a       --1--2--|
//	b       --3--4--|
//	Concat
//	out     --1--2----3--4--|
func Concat[T any](sources ...Source[T]) Source[T] {
	return Source[T]{
		start: func(ctx context.Context, emit func(T) error, end func(error)) {
			c := &concat[T]{ctx: ctx, rest: sources, emit: emit, end: end}
			c.loop()
		},
		node: &Node{Name: "Concat", Inputs: describeAll(sources)},
	}
}

func describeAll[T any](sources []Source[T]) []*Node {
	nodes := make([]*Node, len(sources))
	for i, s := range sources {
		nodes[i] = s.describe()
	}
	return nodes
}

// A concat is one run of Concat. Its state needs no lock: a source calls it only from inside its
// start, or after loop has let go of it.
type concat[T any] struct {
	ctx      context.Context
	rest     []Source[T]
	emit     func(T) error
	end      func(error)
	starting bool // loop is inside the start of a source
	ended    bool // that source has ended meanwhile
	err      error
}

// loop starts source after source, in a loop and not from the end of the one before, so that a million
// empty sources cost no stack.
func (c *concat[T]) loop() {
	for len(c.rest) > 0 {
		next := c.rest[0]
		c.rest = c.rest[1:]
		tasks := c.startSource(next)
		if !c.ended {
			tasks.spawn()
			return
		}
		if c.err != nil {
			break
		}
	}
	c.end(c.err)
}

func (c *concat[T]) startSource(s Source[T]) (tasks *scope) {
	c.starting, c.ended = true, false
	returned := false
	defer func() {
		// runtime.Goexit leaves through here when the source has ended by it, and nobody else ends the stream.
		if !returned && c.ended {
			c.end(c.err)
		}
	}()
	tasks = startNext(c.ctx, s, c.emit, c.sourceEnded)
	c.starting = false
	returned = true
	return tasks
}

func (c *concat[T]) sourceEnded(err error) {
	c.err = err
	if c.starting {
		c.ended = true
		return
	}
	if err != nil {
		c.end(err)
		return
	}
	c.loop()
}
