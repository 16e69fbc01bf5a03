package flow

import "context"

// startAfter starts in once first, which may emit and call functions of the user's, has returned without an error.
// Otherwise, or if ctx is done, in is not started, and the stream ends with that error, or with the panic of first: a
// panic that left the start instead would pass by the ends of the operators between.
func startAfter[I any](ctx context.Context, first func() error, in Source[I], emit func(I) error, end func(error)) {
	ready := false
	Guard(func(err error) {
		if err != nil {
			end(err)
			return
		}
		ready = true
	}, func() error {
		if isClosed(ctx.Done()) {
			return context.Cause(ctx)
		}
		return first()
	})
	if ready {
		in.begin(ctx, emit, end)
	}
}
