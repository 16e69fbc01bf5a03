// Package operators compares the operators of package flow, one by one, with what does the same: a loop and a pipeline of
// channels as one would write them by hand, github.com/reugn/go-streams and github.com/samber/ro. A test and a table
// are made of it:
//
//	go test -run '^$' -bench 'Operator/Map/' ./flow
//	go run ./flow/table
//
// Every way of a case gets the same values, calls the same functions, and ends with the sum of what came out, which has to
// be that of all the others.
package operators

import (
	"context"
	"fmt"
	"iter"

	"github.com/reugn/go-streams"
	"github.com/reugn/go-streams/extension"
	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

// A Run sends n values through an operator, and returns the sum of what came out. The values are 0 to n-1 where the
// case does not say otherwise.
type Run func(ctx context.Context, n int) int

// A Case is one operator and what does the same. The ways that a library does not have are nil.
type Case struct {
	Name  string
	Async bool // the operator has goroutines

	// Inlined is the loop in which the compiler sees everything: the functions, where the values come from and where
	// they go. It says what the sum is.
	Inlined Run
	// Loop does what the operator has to do: it takes the values from an iterator, calls functions that it does not
	// know, hands what comes of it to another one, which may say stop, and looks now and then whether it is
	// cancelled.
	Loop Run

	Flow      Run
	GoStreams Run
	Ro        Run
	Channels  Run // with a goroutine for each stage
}

// A Way is one way to do what a case does.
type Way struct {
	Name string
	Run  Run
}

// Ways returns those that there are.
func (c Case) Ways() []Way {
	var ways []Way
	for _, w := range []Way{
		{"inlined", c.Inlined},
		{"loop", c.Loop},
		{"wsflow", c.Flow},
		{"go-streams", c.GoStreams},
		{"ro", c.Ro},
		{"channels", c.Channels},
	} {
		if w.Run != nil {
			ways = append(ways, w)
		}
	}
	return ways
}

// Check runs each way once, and returns an error if one has another sum than the inlined loop.
func (c Case) Check(ctx context.Context, n int) error {
	want := c.Inlined(ctx, n)
	for _, w := range c.Ways() {
		if got := w.Run(ctx, n); got != want {
			return fmt.Errorf("%s/%s: sum %d, want %d", c.Name, w.Name, got, want)
		}
	}
	return nil
}

// All returns the cases, the synchronous ones first.
func All() []Case {
	return append(synchronous(), asynchronous()...)
}

// A total is where the values end.
type total struct{ sum int }

func (t *total) one(v int) error {
	t.sum += v
	return nil
}

func (t *total) group(vs []int) error {
	for _, v := range vs {
		t.sum += v
	}
	return nil
}

func (t *total) pair(p flow.Pair[int, int]) error {
	t.sum += p.First + p.Second
	return nil
}

func (t *total) index(v flow.Indexed[int]) error {
	t.sum += int(v.Index) + v.Value
	return nil
}

// An into is the sink for values of a type: a method of a total.
type into[O any] func(*total, O) error

// emitTo makes a function of it that whoever calls it cannot know. Numbers, which are most of what is measured, are
// spared a call in between.
func emitTo[O any](t *total, sink into[O]) func(O) error {
	if one, ok := any(t.one).(func(O) error); ok {
		return one
	}
	return func(v O) error { return sink(t, v) }
}

// upTo returns a sequence of 0 to n-1.
func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for v := range n {
			if !yield(v) {
				return
			}
		}
	}
}

// A loop is written by hand: it hands what it makes of the values of a sequence to emit.
type loop[O any] func(ctx context.Context, in iter.Seq[int], emit func(O) error) error

// looped runs a loop on the calling goroutine.
func looped[O any](sink into[O], f loop[O]) Run {
	return func(ctx context.Context, n int) int {
		var t total
		must(f(ctx, upTo(n), emitTo(&t, sink)))
		return t.sum
	}
}

// flowed runs an operator of package flow.
func flowed[O any](sink into[O], op flow.Flow[int, O]) Run {
	return flowOf(sink, func(n int) flow.Source[O] { return op(flow.FromSeq(upTo(n))) })
}

// flowOf is flowed for other sources.
func flowOf[O any](sink into[O], build func(n int) flow.Source[O]) Run {
	return func(ctx context.Context, n int) int {
		var t total
		must(build(n).Run(ctx, emitTo(&t, sink)))
		return t.sum
	}
}

// streamed runs what is built of flows of go-streams.
func streamed[O any](sink into[O], build func(n int) streams.Outlet) Run {
	return func(_ context.Context, n int) int {
		var t total
		for v := range build(n).Out() {
			must(sink(&t, v.(O)))
		}
		return t.sum
	}
}

func anySource(n int) streams.Source {
	in := make(chan any)
	go func() {
		defer close(in)
		for v := range n {
			in <- v
		}
	}()
	return extension.NewChanSource(in)
}

// via is streamed for one flow, which is made anew for each run.
func via[O any](sink into[O], op func() streams.Flow) Run {
	return streamed(sink, func(n int) streams.Outlet { return anySource(n).Via(op()) })
}

// observed runs an operator of ro.
func observed[O any](sink into[O], op func(ro.Observable[int]) ro.Observable[O]) Run {
	return observedOf(sink, func(n int) ro.Observable[O] { return op(numbers(n)) })
}

// observedOf is observed for other sources.
func observedOf[O any](sink into[O], build func(n int) ro.Observable[O]) Run {
	return func(ctx context.Context, n int) int {
		var t total
		done := make(chan struct{})
		subscription := build(n).SubscribeWithContext(ctx, ro.NewObserver(
			func(v O) { must(sink(&t, v)) }, must, func() { close(done) },
		))
		<-done
		subscription.Unsubscribe()
		return t.sum
	}
}

// numbers is ro.Range without the conversion to int.
func numbers(n int) ro.Observable[int] {
	return ro.NewUnsafeObservableWithContext(func(ctx context.Context, to ro.Observer[int]) ro.Teardown {
		for v := range n {
			to.NextWithContext(ctx, v)
		}
		to.CompleteWithContext(ctx)
		return nil
	})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
