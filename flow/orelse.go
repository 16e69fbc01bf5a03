package flow

import "context"

// OrElse passes on the values of in; if in is complete without any, it emits those of other instead, which is not
// started otherwise. An error of in ends the stream.
//
//	in      -----|
//	other   --1--2--|
//	OrElse
//	out     -------1--2--|
func OrElse[T any](in, other Source[T]) Source[T] {
	return Source[T]{
		start: func(ctx context.Context, emit func(T) error, end func(error)) {
			had := false
			first := operator("OrElse", in, func(_ context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
				return func(v T) error {
					had = true
					return emit(v)
				}, end
			})
			second := NewSource("OrElse", func(ctx context.Context, emit func(T) error, end func(error)) {
				if had {
					end(nil)
					return
				}
				other.begin(ctx, emit, end)
			})
			Concat(first, second).begin(ctx, emit, end)
		},
		node: &Node{Name: "OrElse", Inputs: []*Node{in.describe(), other.describe()}},
	}
}
