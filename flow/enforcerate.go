package flow

import (
	"context"
	"errors"
)

// EnforceRate passes on the values that keep to the rate, at once, and does not slow in down: in place of a value that
// comes too soon, which takes nothing of the rate, it passes on what exceeded returns for it. That may be the value with a
// mark, for what follows to refuse it. If exceeded returns an error the stream stops and ends with it; [ErrSkip] drops the
// value. A nil exceeded fails with [ErrRateExceeded]. The context that exceeded is given is that of the run. A rate without
// a positive N and Per panics.
//
//	in           --1-2-3-------4--|
//	EnforceRate  2 per 10, v => -v
//	out          --1-2-(-3)----4--|
func EnforceRate[T any](in Source[T], rate Rate, exceeded func(context.Context, T) (T, error)) Source[T] {
	return enforceRate("EnforceRate", in, rate, costsOne[T], exceeded)
}

// EnforceRateWeighted is [EnforceRate] for values that cost more or less than one token. One that costs more than the
// bucket holds always exceeds the rate. A cost below 0 panics.
//
//	in                   --1-9-1-------4--|
//	EnforceRateWeighted  2 per 10, v => v, v => ErrSkip
//	out                  --1---1----------|
func EnforceRateWeighted[T any](
	in Source[T], rate Rate, cost func(T) int, exceeded func(context.Context, T) (T, error),
) Source[T] {
	return enforceRate("EnforceRateWeighted", in, rate, cost, exceeded)
}

func enforceRate[T any](
	name string, in Source[T], rate Rate, cost func(T) int, exceeded func(context.Context, T) (T, error),
) Source[T] {
	rate.check(name)
	if exceeded == nil {
		exceeded = func(_ context.Context, v T) (T, error) { return v, ErrRateExceeded }
	}
	return operator(name, in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		b := newBucket(rate)
		return func(v T) error {
			if b.wait(cost(v), false) == 0 {
				return emit(v)
			}
			v, err := exceeded(ctx, v)
			switch {
			case err == nil:
				return emit(v)
			case errors.Is(err, ErrSkip):
				return nil
			}
			return err
		}, end
	})
}
