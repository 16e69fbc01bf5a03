package flow

import "context"

// EnforceRate passes on the values that keep to the rate, at once, and does not slow in down: at a value that comes too
// soon, which takes nothing of the rate, it calls exceeded. If that returns an error the stream fails with it, and else
// the value is dropped. A nil exceeded fails with [ErrRateExceeded]. A rate without a positive N and Per panics.
//
//	in           --1-2-3-------4--|
//	EnforceRate  2 per 10
//	out          --1-2-X
func EnforceRate[T any](in Source[T], rate Rate, exceeded func(T) error) Source[T] {
	return enforceRate("EnforceRate", in, rate, costsOne[T], exceeded)
}

// EnforceRateWeighted is [EnforceRate] for values that cost more or less than one token. One that costs more than the
// bucket holds always exceeds the rate. A cost below 0 panics.
//
//	in                   --1-9-1-------4--|
//	EnforceRateWeighted  2 per 10, v => v, v => nil
//	out                  --1---1----------|
func EnforceRateWeighted[T any](in Source[T], rate Rate, cost func(T) int, exceeded func(T) error) Source[T] {
	return enforceRate("EnforceRateWeighted", in, rate, cost, exceeded)
}

func enforceRate[T any](name string, in Source[T], rate Rate, cost func(T) int, exceeded func(T) error) Source[T] {
	rate.check(name)
	if exceeded == nil {
		exceeded = func(T) error { return ErrRateExceeded }
	}
	return operator(name, in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		b := newBucket(rate)
		return func(v T) error {
			if b.wait(cost(v), false) > 0 {
				return exceeded(v)
			}
			return emit(v)
		}, end
	})
}
