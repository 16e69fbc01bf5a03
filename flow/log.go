package flow

import (
	"context"
	"errors"
	"log/slog"
)

// Log passes on every value, and tells logger of it and of how the stream ended. name is in each record, as the
// attribute stream. The messages are
//
//   - "stream value", with the value, before it is passed on;
//   - "stream complete";
//   - "stream failed", with the error, if in failed or a function panicked: at level error;
//   - "stream stopped", with what stopped it, if what follows wanted no more;
//   - "stream cancelled", with the cause.
//
// All but the failure are of level debug, and those of an end have the number of values. A value is made ready to be
// logged only if logger is enabled for that level. A nil logger means [slog.Default].
//
//	in      --1--2--3--|
//	Log
//	out     --1--2--3--|
func Log[T any](in Source[T], logger *slog.Logger, name string) Source[T] {
	return operator("Log", in, func(ctx context.Context, emit func(T) error, end func(error)) (func(T) error, func(error)) {
		l := &streamLog{ctx: ctx, logger: logger, name: slog.String("stream", name)}
		if logger == nil {
			l.logger = slog.Default()
		}
		return func(v T) error {
				l.values++
				if l.logger.Enabled(ctx, slog.LevelDebug) {
					l.logger.LogAttrs(ctx, slog.LevelDebug, "stream value", l.name, slog.Any("value", v))
				}
				err := emit(v)
				l.stopped = err != nil
				return err
			}, func(err error) {
				Guard(end, func() error { // for a handler of the user's may panic
					l.ended(err)
					return err
				})
			}
	})
}

// A streamLog is one run of Log.
type streamLog struct {
	ctx     context.Context
	logger  *slog.Logger
	name    slog.Attr
	values  int64
	stopped bool // emit has said stop
}

func (l *streamLog) ended(err error) {
	level, message := slog.LevelDebug, "stream complete"
	switch {
	case err == nil:
	case l.ctx.Err() != nil && errors.Is(err, context.Cause(l.ctx)):
		message = "stream cancelled"
	case l.stopped:
		message = "stream stopped"
	default:
		level, message = slog.LevelError, "stream failed"
	}
	attrs := []slog.Attr{l.name, slog.Int64("values", l.values)}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	l.logger.LogAttrs(l.ctx, level, message, attrs...)
}
