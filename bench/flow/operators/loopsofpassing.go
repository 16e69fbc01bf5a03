package operators

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"
)

// Loops that pass on every value as long as nothing happens.

//go:noinline
func passLoop() loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func unlikeLoop() loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, last, some := 0, 0, false
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if some && v == last {
				continue
			}
			last, some = v, true
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func limitWeightedLoop(limit int, weight func(int) int) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, left := 0, limit
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if left -= weight(v); left < 0 {
				return errLimit
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func firstLoop(f func(int)) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if i == 1 {
				f(v)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func logLoop(logger *slog.Logger) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if logger.Enabled(ctx, slog.LevelDebug) {
				logger.DebugContext(ctx, "value", "value", v)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func monitorLoop() loop[int] {
	var count atomic.Int64
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			count.Add(1)
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

//go:noinline
func orElseLoop(other iter.Seq[int]) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i := 0
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		if i > 0 {
			return nil
		}
		return passLoop()(ctx, other, emit)
	}
}

// endLoop tells f how the loop has ended.
func endLoop(inner loop[int], f func(error)) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		err := inner(ctx, in, emit)
		f(err)
		return err
	}
}

// killableLoop can be cancelled from elsewhere.
func killableLoop() loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		return passLoop()(ctx, in, emit)
	}
}

// Loops of time. An iterator cannot be called back from where it waits: they find out at its next value.

var errLate = errors.New("late")

// idleLoop reads the clock, the monotonic one alone, before each value and after it.
//
//go:noinline
func idleLoop(d time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, began, last := 0, time.Now(), time.Duration(0)
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if time.Since(began)-last > d {
				return errLate
			}
			if err := emit(v); err != nil {
				return err
			}
			last = time.Since(began)
		}
		return nil
	}
}

// initialLoop has a timer until the first value.
//
//go:noinline
func initialLoop(d time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		timer := time.AfterFunc(d, func() { cancel(errLate) })
		defer timer.Stop()
		return firstLoop(func(int) { timer.Stop() })(ctx, in, emit)
	}
}

// deadlineLoop has a context with a timeout.
func deadlineLoop(d time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		ctx, cancel := context.WithTimeoutCause(ctx, d, errLate)
		defer cancel()
		return passLoop()(ctx, in, emit)
	}
}

//go:noinline
func dropWithinLoop(d time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, began, over := 0, time.Now(), false
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !over {
				if time.Since(began) < d {
					continue
				}
				over = true
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}

// rateLoop has a bucket of n tokens, into which as many flow in every per.
//
//go:noinline
func rateLoop(n int, per time.Duration) loop[int] {
	return func(ctx context.Context, in iter.Seq[int], emit func(int) error) error {
		i, tokens, began, last := 0, float64(n), time.Now(), time.Duration(0)
		for v := range in {
			if i++; i%stride == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			now := time.Since(began)
			tokens = min(tokens+float64(now-last)*float64(n)/float64(per), float64(n))
			last = now
			if tokens < 1 {
				return errLate
			}
			tokens--
			if err := emit(v); err != nil {
				return err
			}
		}
		return nil
	}
}
