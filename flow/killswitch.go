package flow

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// A KillSwitch ends streams from outside: those that [Killable] was given it for, any number of them, and also those that
// are started later. It is thrown once, by the first Shutdown or Abort; others have no effect. The zero KillSwitch is
// ready. Its methods may be called from any goroutine, and none of them waits for the streams to end. It must not be
// copied.
type KillSwitch struct {
	thrown atomic.Bool
	mu     sync.Mutex
	err    error // set before thrown
	runs   map[*killableRun]struct{}
}

// errKilled is what the inputs are cancelled with. No stream ends with it.
var errKilled = errors.New("flow: kill switch thrown")

// A killableRun is one run that a switch may end.
type killableRun struct {
	cancel context.CancelCauseFunc
}

// Shutdown completes the streams: what they emit at the moment is the last.
func (k *KillSwitch) Shutdown() {
	k.throw(nil)
}

// Abort fails the streams with err. With a nil err it is Shutdown.
func (k *KillSwitch) Abort(err error) {
	k.throw(err)
}

func (k *KillSwitch) throw(err error) {
	k.mu.Lock()
	if k.thrown.Load() {
		k.mu.Unlock()
		return
	}
	k.err = err
	k.thrown.Store(true)
	runs := k.runs
	k.runs = nil
	k.mu.Unlock()
	for run := range runs { // a run that has ended meanwhile does not mind
		run.cancel(errKilled)
	}
}

// join lets the switch end the run.
func (k *KillSwitch) join(run *killableRun) {
	k.mu.Lock()
	thrown := k.thrown.Load()
	if !thrown {
		if k.runs == nil {
			k.runs = make(map[*killableRun]struct{})
		}
		k.runs[run] = struct{}{}
	}
	k.mu.Unlock()
	if thrown {
		run.cancel(errKilled)
	}
}

func (k *KillSwitch) leave(run *killableRun) {
	k.mu.Lock()
	delete(k.runs, run)
	k.mu.Unlock()
}

// Killable passes on the values of in until the switch is thrown: then in is cancelled, also while it waits, and the stream ends
// as the switch says when in has. What in fails with because of that does not count, but a panic does. If the
// switch was thrown before the start, nothing is emitted.
//
// Given to what comes into a handler and to what goes out of it, one switch ends both.
//
//	in        --1--2-------3--…
//	k         ---------Shutdown
//	Killable  k
//	out       --1--2---|
func Killable[T any](in Source[T], k *KillSwitch) Source[T] {
	if k == nil {
		panic("flow: Killable without a KillSwitch")
	}
	return derive("Killable", in, func(ctx context.Context, emit func(T) error, end func(error)) {
		ctx, cancel := context.WithCancelCause(ctx)
		run := &killableRun{cancel: cancel}
		f := &failing[T]{ctx: ctx, emit: emit}
		k.join(run)
		ended, started := false, false
		defer func() {
			if !started && !ended { // what in does to start has panicked
				k.leave(run)
				cancel(nil)
			}
		}()
		next := func(v T) error {
			if k.thrown.Load() {
				return errKilled
			}
			return f.pass(v)
		}
		in.begin(ctx, next, func(err error) {
			ended = true
			k.leave(run)
			err = k.verdict(ctx, f.stop, err)
			cancel(nil)
			end(err)
		})
		started = true
	})
}

// verdict returns what a stream ends with whose input has ended with err.
func (k *KillSwitch) verdict(ctx context.Context, stop, err error) error {
	if _, panicked := err.(*PanicError); panicked || stop != nil || !k.thrown.Load() {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && cause != errKilled { // the run was cancelled before
		if errors.Is(err, errKilled) {
			return cause // and a value came after the switch was thrown, before it got to this run
		}
		return err
	}
	return k.err
}
