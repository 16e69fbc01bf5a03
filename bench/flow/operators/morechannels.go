package operators

import (
	"context"
	"time"
)

// Stages with goroutines and channels, as one would write them by hand.

// onGoroutine runs f on a goroutine, and closes its channel behind it.
func onGoroutine(f func(out chan<- int)) <-chan int {
	out := make(chan int, room)
	go func() {
		defer close(out)
		f(out)
	}()
	return out
}

// stagedBy runs f between that of the source and the sink.
func stagedBy(sink into[int], f func(ctx context.Context, in <-chan int, out chan<- int)) Run {
	return pipeOf(sink, func(ctx context.Context, n int) <-chan int {
		return onGoroutine(func(out chan<- int) { f(ctx, counted(ctx, n), out) })
	})
}

// sentInTime gives up if a value is not taken within d.
func sentInTime(ctx context.Context, in <-chan int, out chan<- int, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for v := range in {
		select { // mostly there is room
		case out <- v:
			continue
		default:
		}
		timer.Reset(d)
		select {
		case out <- v:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// delayed lets up to 64 values wait for their time.
func delayed(ctx context.Context, in <-chan int, d time.Duration) <-chan int {
	type waiting struct {
		v   int
		due time.Time
	}
	line := make(chan waiting, 64)
	go func() {
		defer close(line)
		for v := range in {
			if send(ctx, line, waiting{v, time.Now().Add(d)}) != nil {
				return
			}
		}
	}()
	return onGoroutine(func(out chan<- int) {
		for w := range line {
			if wait := time.Until(w.due); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return
				}
			}
			if send(ctx, out, w.v) != nil {
				return
			}
		}
	})
}

// batched adds up to limit values up that come while nobody takes.
func batched(ctx context.Context, in <-chan int, out chan<- int, limit int) {
	sum, size := 0, 0
	for in != nil || size > 0 {
		from, to := in, out
		if size == 0 {
			to = nil
		}
		if size == limit {
			from = nil
		}
		select {
		case v, ok := <-from:
			if !ok {
				in = nil
				break
			}
			sum, size = sum+v, size+1
		case to <- sum:
			sum, size = 0, 0
		case <-ctx.Done():
			return
		}
	}
}

// keptAlive sends a 0 after each d of silence.
func keptAlive(ctx context.Context, in <-chan int, out chan<- int, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		v, ok := 0, true
		select {
		case v, ok = <-in:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if !ok || send(ctx, out, v) != nil {
			return
		}
		timer.Reset(d)
	}
}

// debounced sends a value after d of silence, and the last one.
func debounced(ctx context.Context, in <-chan int, out chan<- int, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	last, some := 0, false
	for in != nil {
		select {
		case v, ok := <-in:
			if ok {
				last, some = v, true
				timer.Reset(d)
				continue
			}
			in = nil
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if some && send(ctx, out, last) != nil {
			return
		}
		some = false
	}
}

// tapped has a goroutine that sees the values for which it has time.
func tapped(ctx context.Context, in <-chan int, out chan<- int) {
	tap := make(chan int, room)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range tap {
		}
	}()
	defer func() {
		close(tap)
		<-done
	}()
	for v := range in {
		select {
		case tap <- v:
		default:
		}
		if send(ctx, out, v) != nil {
			return
		}
	}
}

// preferred looks at a first.
func preferred(ctx context.Context, a, b <-chan int, out chan<- int) {
	for a != nil || b != nil {
		var v int
		var ok bool
		select {
		case v, ok = <-a:
			if !ok {
				a = nil
			}
		default:
			select {
			case v, ok = <-a:
				if !ok {
					a = nil
				}
			case v, ok = <-b:
				if !ok {
					b = nil
				}
			case <-ctx.Done():
				return
			}
		}
		if ok && send(ctx, out, v) != nil {
			return
		}
	}
}

// sorted sends the smaller of the first values of both.
func sorted(ctx context.Context, a, b <-chan int, out chan<- int) {
	x, moreA := <-a
	y, moreB := <-b
	for moreA || moreB {
		var v int
		if moreA && (!moreB || x <= y) {
			v = x
			x, moreA = <-a
		} else {
			v = y
			y, moreB = <-b
		}
		if send(ctx, out, v) != nil {
			return
		}
	}
}

func zippedN(ctx context.Context, ins ...<-chan int) <-chan []int {
	out := make(chan []int, room)
	go func() {
		defer close(out)
		for {
			group := make([]int, len(ins))
			for i, in := range ins {
				v, ok := <-in
				if !ok {
					return
				}
				group[i] = v
			}
			if send(ctx, out, group) != nil {
				return
			}
		}
	}()
	return out
}

// mergedWhile goes on until first is closed.
func mergedWhile(ctx context.Context, first, other <-chan int, out chan<- int) {
	for {
		var v int
		var ok bool
		select {
		case v, ok = <-first:
			if !ok {
				return
			}
		case v, ok = <-other:
			if !ok {
				other = nil
				continue
			}
		case <-ctx.Done():
			return
		}
		if send(ctx, out, v) != nil {
			return
		}
	}
}
