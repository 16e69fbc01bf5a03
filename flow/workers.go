package flow

import (
	"context"
	"errors"
	"sync"
)

// ErrSkip is what a function given to [TryMap], [MapAsync] and their kind returns to leave a value out: nothing is emitted for
// it, and the stream goes on. So a function decides itself which of its failures end the stream, after it has logged
// or counted the others.
var ErrSkip = errors.New("flow: value skipped")

// workers is how the asynchronous maps work: calls of f on goroutines that are started as there is work, and leave
// when there is none. Whichever of them has a result emits it, and others that are done, unless another one does. So
// a value costs no switch of goroutines while all are busy, and an idle stream has no goroutine but that of its input.
type workers[K comparable, I, O any] struct {
	workersPlan[K, I, O]
	ctx    context.Context // that of the input and of f
	cancel context.CancelCauseFunc
	emit   func(O) error
	end    func(error)
	keep   keeper[I]
	run    func()        // work; a method value would be an allocation each time
	room   chan struct{} // wakes the input

	mu       sync.Mutex // never held across user code, but for Hold and Release
	all      []*job[K, I, O]
	free     jobs[K, I, O]
	ready    jobs[K, I, O]       // may be called
	order    jobs[K, I, O]       // those under way as they came, if that is the order of results, linked by follow
	done     jobs[K, I, O]       // those with a result as they were done, if not
	keys     map[K]jobs[K, I, O] // a key is there while a value of it is called, with those that have to wait for that
	underway int                 // jobs that are not yet being emitted
	calls    int                 // at work
	alive    int                 // workers
	starting bool
	emitting bool
	waiting  bool // the input waits for room
	closed   bool // the input has ended
	inErr    error
	failed   bool // with err; nothing more is emitted
	err      error
}

// A workersPlan is what one run has in common with all others of its operator.
type workersPlan[K comparable, I, O any] struct {
	f           func(context.Context, K, I) (O, error)
	key         func(I) K // nil: every value has one of its own
	ordered     bool
	parallelism int
	window      int // so many values may be under way
	low         int // an input that waits is woken once there are no more than this
}

// A job is one value on its way. It is used again and again.
type job[K comparable, I, O any] struct {
	in     I
	key    K
	out    O
	err    error
	used   bool          // in is held
	done   bool          // f has returned
	next   *job[K, I, O] // in ready, done, free, or the list of a key
	follow *job[K, I, O] // in order
}

func runWorkers[K comparable, I, O any](
	ctx context.Context, in Source[I], plan workersPlan[K, I, O], emit func(O) error, end func(error),
) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &workers[K, I, O]{
		workersPlan: plan, ctx: ctx, cancel: cancel, emit: emit, end: end, keep: newKeeper[I](), room: make(chan struct{}, 1),
	}
	w.run = w.work
	if w.key != nil {
		w.keys = make(map[K]jobs[K, I, O])
	}
	in.Start(ctx, w.take, w.close)
}

// take is the input's emit.
func (w *workers[K, I, O]) take(v I) error {
	done := w.ctx.Done()
	if isClosed(done) {
		return context.Cause(w.ctx)
	}
	var key K
	if w.key != nil {
		key = w.key(v)
	}
	for !w.put(v, key) {
		select {
		case <-w.room:
		case <-done:
			return context.Cause(w.ctx)
		}
	}
	return nil
}

// put makes a job of v. If it reports false, there is no room.
func (w *workers[K, I, O]) put(v I, key K) bool {
	w.mu.Lock()
	defer w.mu.Unlock() // a key may be of a type that cannot be compared after all
	if w.underway == w.window {
		w.waiting = true
		return false
	}
	j := w.free.pop()
	if j == nil {
		j = new(job[K, I, O])
		w.all = append(w.all, j)
	}
	j.key, j.in = key, v
	w.keep.hold(&j.in)
	j.used = true
	if !w.queueBehind(j) {
		w.ready.push(j)
	}
	w.underway++
	if w.ordered {
		w.order.pushOrder(j)
	}
	w.startMore()
	return true
}

// close is the input's end.
func (w *workers[K, I, O]) close(err error) {
	w.mu.Lock()
	w.closed, w.inErr = true, err
	last := w.alive == 0
	w.mu.Unlock()
	if last {
		w.finish()
	}
}

// stop is called with an error of emit, which comes before all others but a panic.
func (w *workers[K, I, O]) stop(err error) {
	w.mu.Lock()
	w.failed, w.err = true, orPanic(err, w.err)
	w.mu.Unlock()
	w.cancel(err)
}

// finish ends the stream, when nothing is at work any more.
func (w *workers[K, I, O]) finish() {
	err := w.inErr
	if w.failed {
		err = orPanic(w.err, w.inErr)
	}
	for _, j := range w.all {
		err = orPanic(err, j.err)
	}
	w.cancel(nil)
	cleanUp(err, w.releaseAll, w.end)
}

func (w *workers[K, I, O]) releaseAll() {
	for _, j := range w.all {
		if j.used {
			w.keep.release(&j.in)
		}
	}
}

// work is what a worker does: what there is to do, until there is nothing.
func (w *workers[K, I, O]) work() {
	w.mu.Lock() // also held where a call of f or emit leaves through runtime.Goexit
	w.starting = false
	defer w.leave()
	for {
		switch {
		case isClosed(w.ctx.Done()):
			w.fail(context.Cause(w.ctx))
			return
		case w.canEmit():
			w.emitNext()
		case w.canCall():
			w.callNext()
		default:
			return
		}
	}
}

func (w *workers[K, I, O]) leave() {
	w.alive--
	w.startMore()
	last := w.alive == 0 && w.closed
	w.mu.Unlock()
	if last {
		w.finish()
	}
}

// The methods below are called with the lock held.

// startMore starts a worker if there is something to do, unless one is on its way: that one starts the next. There
// may be one more than calls, for the one that emits.
func (w *workers[K, I, O]) startMore() {
	if !w.starting && w.alive <= w.parallelism && (w.canCall() || w.canEmit()) {
		w.starting = true
		w.alive++
		go w.run()
	}
}

func (w *workers[K, I, O]) fail(err error) {
	if !w.failed {
		w.failed, w.err = true, err
		w.cancel(err)
	}
}

func (w *workers[K, I, O]) canCall() bool {
	return w.ready.first != nil && w.calls < w.parallelism && !w.failed
}

func (w *workers[K, I, O]) callNext() {
	j := w.ready.pop()
	w.calls++
	w.startMore()
	defer w.called(j)
	w.call(j)
}

func (w *workers[K, I, O]) call(j *job[K, I, O]) {
	w.mu.Unlock()
	defer w.mu.Lock()
	Guard(func(err error) { j.err = err }, func() (err error) {
		j.out, err = w.f(w.ctx, j.key, j.in)
		return err
	})
}

func (w *workers[K, I, O]) called(j *job[K, I, O]) {
	w.calls--
	j.done = true
	if !w.ordered {
		w.done.push(j)
	}
	if w.key == nil {
		return
	}
	if same, ok := w.keys[j.key]; !ok {
		return // a NaN is not equal to itself
	} else if next := same.pop(); next != nil {
		w.keys[j.key] = same
		w.ready.push(next)
	} else {
		delete(w.keys, j.key)
	}
}

// queueBehind lets j wait if a value of its key is being called.
func (w *workers[K, I, O]) queueBehind(j *job[K, I, O]) bool {
	if w.key == nil {
		return false
	}
	same, ok := w.keys[j.key]
	if ok {
		same.push(j)
	}
	if equal := j.key; equal == j.key { // else, as a NaN, it could not be deleted either
		w.keys[j.key] = same
	}
	return ok
}

func (w *workers[K, I, O]) canEmit() bool {
	if w.emitting || w.failed {
		return false
	}
	if w.ordered {
		return w.order.first != nil && w.order.first.done
	}
	return w.done.first != nil
}

func (w *workers[K, I, O]) emitNext() {
	var j *job[K, I, O]
	if w.ordered {
		j = w.order.popOrder()
	} else {
		j = w.done.pop()
	}
	w.underway--
	if w.waiting && w.underway <= w.low {
		w.waiting = false
		w.room <- struct{}{} // it is empty: the input has waited since it was filled
	}
	_, panicked := j.err.(*PanicError)
	switch err := j.err; {
	case err == nil:
		w.emitting = true
		w.startMore()
		w.handOn(j)
		w.emitting = false
	case panicked || !errors.Is(err, ErrSkip): // a panic with ErrSkip is one
		w.fail(err)
		return
	default:
		w.skip(j)
	}
	*j = job[K, I, O]{}
	w.free.push(j)
}

// handOn emits the result of j.
func (w *workers[K, I, O]) handOn(j *job[K, I, O]) {
	w.mu.Unlock()
	defer w.mu.Lock()
	defer w.letGo(j)
	_ = emitOr(w.stop, w.emit, j.out) // the error is with stop
}

func (w *workers[K, I, O]) skip(j *job[K, I, O]) {
	w.mu.Unlock()
	defer w.mu.Lock()
	w.letGo(j)
}

// letGo releases the value of j, without the lock.
func (w *workers[K, I, O]) letGo(j *job[K, I, O]) {
	j.used = false
	if w.keep == keepNone {
		return
	}
	cleanUp(nil, func() { w.keep.release(&j.in) }, func(err error) {
		if err != nil {
			w.stop(err)
		}
	})
}

// jobs is a list of jobs, first in, first out.
type jobs[K comparable, I, O any] struct {
	first, last *job[K, I, O]
}

func (l *jobs[K, I, O]) push(j *job[K, I, O]) {
	if l.first == nil {
		l.first = j
	} else {
		l.last.next = j
	}
	l.last = j
}

func (l *jobs[K, I, O]) pop() *job[K, I, O] {
	j := l.first
	if j != nil {
		l.first, j.next = j.next, nil
	}
	return j
}

func (l *jobs[K, I, O]) pushOrder(j *job[K, I, O]) {
	if l.first == nil {
		l.first = j
	} else {
		l.last.follow = j
	}
	l.last = j
}

func (l *jobs[K, I, O]) popOrder() *job[K, I, O] {
	j := l.first
	l.first, j.follow = j.follow, nil
	return j
}
