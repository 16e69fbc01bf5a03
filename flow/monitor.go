package flow

import (
	"context"
	"sync/atomic"
)

// Progress counts what the runs of streams do, for [Monitor]. One Progress may be given to many streams, and counts
// for all of them. The zero Progress is ready. Its methods may be called from any goroutine. It must not be copied.
//
// Nothing has started as long as Started is 0; a stream that has Started and has not ended is at work. Read while streams are at
// work, the numbers are not of one moment.
type Progress struct {
	started, values, completed, failed, stopped atomic.Int64
	err                                         atomic.Pointer[error]
}

// Started returns how many runs have been started.
func (p *Progress) Started() int64 { return p.started.Load() }

// Values returns how many values were emitted, including those that are being emitted.
func (p *Progress) Values() int64 { return p.values.Load() }

// Completed returns how many runs were complete.
func (p *Progress) Completed() int64 { return p.completed.Load() }

// Stopped returns how many runs were ended from outside: stopped by what follows, or cancelled.
func (p *Progress) Stopped() int64 { return p.stopped.Load() }

// Failed returns how many runs have failed, also by a panic.
func (p *Progress) Failed() int64 { return p.failed.Load() }

// Running returns how many runs are at work.
func (p *Progress) Running() int64 {
	ended := p.completed.Load() + p.failed.Load() + p.stopped.Load() // first, so that it is not more than started
	return p.started.Load() - ended
}

// Err returns the error of the run that failed last, or nil if none has.
func (p *Progress) Err() error {
	if err := p.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Monitor passes on in as it is and counts in p what it does. It costs one atomic addition for each value. The last value is
// not kept: it may be one that lives only while it is handed on.
//
//	in       --1--2--3--|
//	Monitor
//	Values   0-1--2--3---
//	out      --1--2--3--|
func Monitor[T any](in Source[T], p *Progress) Source[T] {
	if p == nil {
		panic("flow: Monitor without a Progress")
	}
	return derive("Monitor", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		p.started.Add(1)
		f := &failing[T]{ctx: ctx, emit: emit}
		count := func(v T) error {
			p.values.Add(1)
			return f.pass(v)
		}
		WatchTermination(in, func(err error) { p.ended(err, f.stop != nil || ctx.Err() != nil) }).begin(ctx, count, end)
	})
}

func (p *Progress) ended(err error, outside bool) {
	_, panicked := err.(*PanicError)
	switch {
	case err == nil:
		p.completed.Add(1)
	case outside && !panicked:
		p.stopped.Add(1)
	default:
		p.err.Store(&err)
		p.failed.Add(1)
	}
}
