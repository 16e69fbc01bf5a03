package flow

import "context"

// MapWithResource passes on f of every value, where f has a resource that open opens at the start of each run, before
// in is started, and that is closed before the stream ends, once, however it ends: complete, failed, stopped,
// cancelled or by a panic. If open returns an error, the stream ends with it, and nothing is closed. An error of f
// stops the stream and ends it. An error of close ends a stream that would be complete otherwise; any other
// ending stays as it is. The context that open and f are given is that of the run;
// their errors are not looked at once that is cancelled.
//
//	in               -------1--2--3--|
//	MapWithResource  open, v => v * 10, close
//	out              -open--10-20-30-close|
func MapWithResource[R, I, O any](
	in Source[I],
	open func(context.Context) (R, error), f func(context.Context, R, I) (O, error), close func(R) error,
) Source[O] {
	return derive("MapWithResource", in, func(ctx context.Context, emit func(O) error, end func(error)) {
		r := &resource[R]{closing: close}
		returned := false
		defer func() {
			if !returned { // the start of in has panicked, and nobody calls its end
				r.close(func(error) {})
			}
		}()
		startAfter(ctx, func() (err error) {
			r.value, err = open(ctx)
			if err != nil {
				return causeOr(ctx, err)
			}
			r.open = true
			return nil
		}, in, func(v I) error {
			out, err := f(ctx, r.value, v)
			if err != nil {
				return causeOr(ctx, err)
			}
			return emit(out)
		}, func(err error) {
			r.close(func(closed error) {
				if _, panicked := closed.(*PanicError); err == nil || panicked {
					err = closed
				}
				end(err)
			})
		})
		returned = true
	})
}

// A resource is open for one run of MapWithResource.
type resource[R any] struct {
	value   R
	open    bool
	closing func(R) error
}

// close closes the resource if it is open, and then calls end with what came of it.
func (r *resource[R]) close(end func(error)) {
	if !r.open {
		end(nil)
		return
	}
	r.open = false
	Guard(end, func() error { return r.closing(r.value) })
}
