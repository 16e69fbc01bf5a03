package operators

import (
	"context"
	"iter"
	"sync"
	"time"
)

// room is how many values wait in a channel, as many as in flow.Async.
const room = 16

// send is how a stage hands a value on.
func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// counted is a stage that makes 0 to n-1.
func counted(ctx context.Context, n int) <-chan int {
	out := make(chan int, room)
	go func() {
		defer close(out)
		for v := range n {
			if send(ctx, out, v) != nil {
				return
			}
		}
	}()
	return out
}

// values ranges over a channel.
func values[T any](in <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range in {
			if !yield(v) {
				return
			}
		}
	}
}

// staged runs f as a stage: a goroutine between two channels.
func staged[O any](ctx context.Context, in <-chan int, f loop[O]) <-chan O {
	out := make(chan O, room)
	go func() {
		defer close(out)
		_ = f(ctx, values(in), func(v O) error { return send(ctx, out, v) })
	}()
	return out
}

// piped runs a loop as a stage between that of the source and the sink.
func piped[O any](sink into[O], f loop[O]) Run {
	return pipeOf(sink, func(ctx context.Context, n int) <-chan O { return staged(ctx, counted(ctx, n), f) })
}

// pipeOf adds up what comes out of a pipeline.
func pipeOf[O any](sink into[O], build func(ctx context.Context, n int) <-chan O) Run {
	return func(ctx context.Context, n int) int {
		ctx, cancel := context.WithCancel(ctx) // of those that are still at work when the rest is not wanted
		defer cancel()
		var t total
		for v := range build(ctx, n) {
			must(sink(&t, v))
		}
		return t.sum
	}
}

// merged is a stage of a goroutine for each channel.
func merged(ctx context.Context, ins ...<-chan int) <-chan int {
	out := make(chan int, room)
	var working sync.WaitGroup
	for _, in := range ins {
		working.Go(func() {
			for v := range in {
				if send(ctx, out, v) != nil {
					return
				}
			}
		})
	}
	go func() {
		working.Wait()
		close(out)
	}()
	return out
}

// dealt is a stage that sends each value to those of two channels from the number first to the number last.
func dealt(ctx context.Context, in <-chan int, to func(v int) (first, last int)) [2]<-chan int {
	outs := [2]chan int{make(chan int, room), make(chan int, room)}
	go func() {
		defer close(outs[0])
		defer close(outs[1])
		for v := range in {
			first, last := to(v)
			for _, out := range outs[first : last+1] {
				if send(ctx, out, v) != nil {
					return
				}
			}
		}
	}()
	return [2]<-chan int{outs[0], outs[1]}
}

// mappedInOrder keeps the calls of f, which have a goroutine each, in a channel.
func mappedInOrder(ctx context.Context, in <-chan int, parallelism int, f func(context.Context, int) (int, error)) <-chan int {
	calls := make(chan chan int, parallelism-1) // the one that the sender waits with is one more
	go func() {
		defer close(calls)
		for v := range in {
			call := make(chan int, 1)
			if send(ctx, calls, call) != nil {
				return
			}
			go func() {
				out, err := f(ctx, v)
				must(err)
				call <- out
			}()
		}
	}()
	out := make(chan int, room)
	go func() {
		defer close(out)
		for call := range calls {
			if send(ctx, out, <-call) != nil {
				return
			}
		}
	}()
	return out
}

// mapped has workers that take from one channel and send to one.
func mapped(ctx context.Context, in <-chan int, parallelism int, f func(context.Context, int) (int, error)) <-chan int {
	out := make(chan int, room)
	var working sync.WaitGroup
	for range parallelism {
		working.Go(func() {
			for v := range in {
				v, err := f(ctx, v)
				must(err)
				if send(ctx, out, v) != nil {
					return
				}
			}
		})
	}
	go func() {
		working.Wait()
		close(out)
	}()
	return out
}

func zipped(ctx context.Context, a, b <-chan int) <-chan pair {
	out := make(chan pair, room)
	go func() {
		defer close(out)
		for first := range a {
			second, ok := <-b
			if !ok || send(ctx, out, pair{First: first, Second: second}) != nil {
				return
			}
		}
	}()
	return out
}

// interleaved takes one value from each of two channels in turn, which end at the same time.
func interleaved(ctx context.Context, a, b <-chan int) <-chan int {
	out := make(chan int, room)
	go func() {
		defer close(out)
		for v := range a {
			if send(ctx, out, v) != nil || send(ctx, out, <-b) != nil {
				return
			}
		}
	}()
	return out
}

func groupedInTime(ctx context.Context, in <-chan int, n int, d time.Duration) <-chan []int {
	out := make(chan []int, room)
	go func() {
		defer close(out)
		var group []int
		timer := time.NewTimer(d)
		defer timer.Stop()
		for in != nil {
			select {
			case v, ok := <-in:
				if !ok {
					in = nil
					break
				}
				if group == nil {
					group = make([]int, 0, n)
					timer.Reset(d)
				}
				if group = append(group, v); len(group) < n {
					continue
				}
			case <-timer.C:
			}
			if len(group) > 0 && send(ctx, out, group) != nil {
				return
			}
			group = nil
		}
	}()
	return out
}

// conflated adds up what comes while nobody takes.
func conflated(ctx context.Context, in <-chan int, f func(int, int) int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		var to chan<- int // nil while there is nothing
		sum := 0
		for in != nil || to != nil {
			select {
			case v, ok := <-in:
				switch {
				case !ok:
					in = nil
				case to == nil:
					sum, to = v, out
				default:
					sum = f(sum, v)
				}
			case to <- sum:
				to = nil
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// flatMerged runs up to breadth sequences at a time, each on a goroutine.
func flatMerged(ctx context.Context, in <-chan int, breadth int, f func(int) iter.Seq[int]) <-chan int {
	out := make(chan int, room)
	go func() {
		defer close(out)
		var working sync.WaitGroup
		defer working.Wait()
		slots := make(chan struct{}, breadth)
		for v := range in {
			if send(ctx, slots, struct{}{}) != nil {
				return
			}
			working.Go(func() {
				defer func() { <-slots }()
				for v := range f(v) {
					if send(ctx, out, v) != nil {
						return
					}
				}
			})
		}
	}()
	return out
}

// pacedLoop lets n values pass in every per, by the clock.
//
//go:noinline
func pacedLoop(n int, per time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		began, passed, i := time.Now(), 0, 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			due := time.Duration(passed/n) * per
			if wait := due - time.Since(began); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
			passed++
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}
