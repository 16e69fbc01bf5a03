package flow

import "context"

// Throttle delays values so that they pass at the rate at most: in waits until the next one may pass. A rate without a
// positive N and Per panics. To have something done about a peer that is too fast, see [EnforceRate].
//
//	in        --1-2-3-4-----------5-6--|
//	Throttle  1 per 4
//	out       --1---2---3---4-----5---6|
func Throttle[T any](in Source[T], rate Rate) Source[T] {
	return throttle("Throttle", in, rate, costsOne[T])
}

// ThrottleWeighted is [Throttle] for values that cost more or less than one token: bytes per second, say. A value
// that costs more than the bucket holds waits until all it needs has flowed in. A cost below 0 panics.
//
//	in                --1-2-3-------|
//	ThrottleWeighted  1 per 4, v => v
//	out               --1-------2-----------3|
func ThrottleWeighted[T any](in Source[T], rate Rate, cost func(T) int) Source[T] {
	return throttle("ThrottleWeighted", in, rate, cost)
}

func costsOne[T any](T) int { return 1 }

func throttle[T any](name string, in Source[T], rate Rate, cost func(T) int) Source[T] {
	rate.check(name)
	return operator(name, in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		b := newBucket(rate)
		var rest nap
		return func(v T) error {
			if err := rest.wait(ctx, b.wait(cost(v), true)); err != nil {
				return err
			}
			return emit(v)
		}, end
	})
}
