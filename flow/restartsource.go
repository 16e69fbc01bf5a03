package flow

import (
	"context"
	"time"
)

// RestartSource works on a goroutine of its own: it emits the values of the source that factory makes, and when that one
// has ended, waits as the settings say, calls factory again, and emits the values of the next. With OnFailuresOnly it
// is complete when a source is. An error of factory counts as one of its source. When there is no restart any more,
// the stream ends as the last source did. A wait ends at once when the run is cancelled. A panic is not a reason for a
// restart, nor is an error of what follows.
//
// RestartSettings that are negative, or whose MaxBackoff is less than MinBackoff, panic.
//
//	first          --1--2--X
//	second                       --3--4--…
//	RestartSource  1s
//	out            --1--2---(1s)---3--4--…
func RestartSource[T any](s RestartSettings, factory func(context.Context) (Source[T], error)) Source[T] {
	s = s.resolved("RestartSource")
	return FromFunc(func(ctx context.Context, emit func(T) error) error {
		f := &failing[T]{ctx: ctx, emit: emit}
		b := &backoff{RestartSettings: s}
		for {
			b.begin()
			in, err := factory(ctx)
			if err == nil {
				err = in.Run(ctx, f.pass)
			}
			wait, again := f.restart(b, err)
			if !again {
				return f.verdict(err)
			}
			if !pause(ctx, wait) {
				return context.Cause(ctx)
			}
		}
	}).Named("RestartSource")
}

// restart says how long to wait before the next start. If it reports false, there is none.
func (f *failing[T]) restart(b *backoff, err error) (wait time.Duration, ok bool) {
	if f.stop != nil || f.ctx.Err() != nil {
		return 0, false
	}
	return b.again(err)
}

// verdict is what a stream ends with that is not restarted.
func (f *failing[T]) verdict(err error) error {
	switch {
	case f.stop != nil:
		return f.stop
	case f.ctx.Err() != nil:
		return context.Cause(f.ctx)
	default:
		return err
	}
}
