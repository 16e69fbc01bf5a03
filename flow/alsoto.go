package flow

import "context"

// AlsoTo starts a goroutine for sink: it passes on the values of in, and every value also goes to sink, after what
// follows has taken it. sink paces the stream; [WireTap] does not. A sink that has had enough gets no more, and the
// stream goes on. A sink that fails ends the stream with its error. The sink ends as in does, and the stream ends when both
// have. When what follows says stop, the sink is cancelled. The result of the sink is dropped. in is started
// when the sink has started to read.
//
//	in      --1--2--3--|
//	AlsoTo
//	sink    --1--2--3--|
//	out     --1--2--3--|
func AlsoTo[T, R any](in Source[T], sink Sink[T, R]) Source[T] {
	return Broadcast(in, pass[T], sinkFlow[T, R, T](sink, nil)).Named("AlsoTo")
}

// DivertTo starts a goroutine for sink: the values for which when returns true go to sink, and all others are passed
// on. In all else it is [AlsoTo]; values for a sink that has had enough are dropped.
//
//	in        --1--2--3--4--|
//	DivertTo  v is even
//	sink      -----2-----4--|
//	out       --1-----3-----|
func DivertTo[T, R any](in Source[T], sink Sink[T, R], when func(T) bool) Source[T] {
	op := &fanOut[T]{in: in.describe()}
	choose := func(v T) int {
		if when(v) {
			return 1
		}
		return 0
	}
	return op.source("DivertTo", partitioning(in, op, choose, []Flow[T, T]{pass[T], sinkFlow[T, R, T](sink, nil)}))
}

func pass[T any](in Source[T]) Source[T] { return in }

// sinkFlow makes a flow without values of a sink, whose result is stored before it ends if there is where to.
func sinkFlow[T, R, O any](sink Sink[T, R], result *R) Flow[T, O] {
	return func(in Source[T]) Source[O] {
		return Source[O]{
			start: func(ctx context.Context, _ func(O) error, end func(error)) {
				Go(ctx, func() {
					sink.begin(ctx, in, func(r R, err error) {
						if result != nil {
							*result = r
						}
						end(err)
					})
				})
			},
			node: &Node{Name: sink.describe(), Inputs: []*Node{in.describe()}},
		}
	}
}
