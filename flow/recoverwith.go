package flow

import "context"

// RecoverWith goes on with another source when in fails: the one that f returns for the error. If that one fails, f
// is asked again, up to retries times in one run, and without limit if retries is negative. When f reports false, and when
// the retries are used up, the stream fails with the error as it was. A panic is not recovered from, nor an error of what
// follows, nor a cancellation.
//
// The next source is started at once. One that fails at once is asked for again and again: [RestartSource] waits before it tries
// again.
//
//	in           --1--2--X
//	RecoverWith  1, "it broke" => --7--8--|
//	out          --1--2----7--8--|
func RecoverWith[T any](in Source[T], retries int, f func(error) (Source[T], bool)) Source[T] {
	return derive("RecoverWith", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		r := &recovery[T]{failing: failing[T]{ctx: ctx, emit: emit}, retries: retries, f: f, end: end}
		r.loop(in)
	})
}

// A recovery is one run of RecoverWith. As in a concat, the state needs no lock, and one source after the other is started
// by a loop, so that a million that fail cost no stack.
type recovery[T any] struct {
	failing[T]
	retries  int // that are left, if not negative
	f        func(error) (Source[T], bool)
	end      func(error)
	starting bool // loop is inside the start of a source
	ended    bool // that source has ended meanwhile
	err      error
}

func (r *recovery[T]) loop(next Source[T]) {
	for ok := true; ok; next, ok = r.after() {
		tasks := r.startSource(next)
		if !r.ended {
			tasks.spawn()
			return
		}
	}
}

func (r *recovery[T]) startSource(s Source[T]) (tasks *scope) {
	r.starting, r.ended = true, false
	returned := false
	defer func() {
		// runtime.Goexit leaves through here when the source has ended by it, and nobody else ends the stream.
		if !returned && r.ended {
			r.end(r.err)
		}
	}()
	tasks = startNext(r.ctx, s, r.pass, r.sourceEnded)
	r.starting = false
	returned = true
	return tasks
}

func (r *recovery[T]) sourceEnded(err error) {
	r.err = err
	if r.starting {
		r.ended = true
		return
	}
	if next, ok := r.after(); ok {
		r.loop(next)
	}
}

// after returns what comes after a source that has ended with r.err. If it reports false, the stream has ended.
func (r *recovery[T]) after() (next Source[T], ok bool) {
	if !r.failed(r.err) || r.retries == 0 {
		r.end(r.err)
		return next, false
	}
	r.retries = max(r.retries-1, -1)
	Guard(func(err error) {
		if !ok {
			r.end(err)
		}
	}, func() error {
		next, ok = r.f(r.err)
		return r.err
	})
	return next, ok
}
