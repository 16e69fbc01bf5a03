package flow

import (
	"context"
	"errors"
)

// TryMap passes on f of every value. If f returns an error, the stream stops and ends with it. The
// context that f is given is that of the run; its error is not looked at once that is cancelled. [ErrSkip] leaves a value out.
//
//	in      --1---2---3--|
//	TryMap  v => v * 10, error if v > 2
//	out     --10--20--X
func TryMap[I, O any](in Source[I], f func(context.Context, I) (O, error)) Source[O] {
	return operator("TryMap", in, func(ctx context.Context, emit func(O) error, end func(error)) (func(I) error, func(error)) {
		return func(v I) error {
			out, err := f(ctx, v)
			switch {
			case err == nil:
				return emit(out)
			case errors.Is(err, ErrSkip):
				return nil
			default:
				return causeOr(ctx, err)
			}
		}, end
	})
}
