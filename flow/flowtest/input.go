package flowtest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// A mode is where an input does its work.
type mode string

const (
	inside  mode = "input inside start"               // on the goroutine that starts it, before start returns
	later   mode = "input on another goroutine"       // after start has returned
	hopping mode = "input from a goroutine per value" // after start has returned
	none    mode = "no input"
)

// A finish is what an input does after its values.
type finish string

const (
	completes finish = "completes"
	fails     finish = "fails"
	panics    finish = "panics"
	exits     finish = "exits its goroutine"
	hangs     finish = "hangs until cancelled"
)

var (
	errInput   = errors.New("flowtest: input failed")
	errStop    = errors.New("flowtest: enough")
	errCause   = errors.New("flowtest: cancelled")
	inputPanic = "flowtest: input panics"
	emitPanic  = "flowtest: emit panics"
)

// An input is a source that ends as planned.
type input[I any] struct {
	values []I
	mode   mode
	finish finish
	around func(v I, emit func() error) error // if not nil, emits

	once  sync.Once
	quiet chan struct{} // closed once it has ended, or hangs
}

func newInput[I any](values []I, m mode, f finish) *input[I] {
	return &input[I]{values: values, mode: m, finish: f, quiet: make(chan struct{})}
}

func (in *input[I]) source() flow.Source[I] {
	switch in.mode {
	case later:
		return flow.NewSource("later", func(ctx context.Context, emit func(I) error, end func(error)) {
			flow.Go(ctx, func() { flow.Guard(in.ending(end), func() error { return in.loop(ctx, emit) }) })
		})
	case hopping:
		return flow.NewSource("hopping", func(ctx context.Context, emit func(I) error, end func(error)) {
			flow.Go(ctx, func() { flow.Guard(in.ending(end), func() error { return in.loop(ctx, hop(emit)) }) })
		})
	default:
		return flow.NewSource("inside", func(ctx context.Context, emit func(I) error, end func(error)) {
			flow.Guard(in.ending(end), func() error { return in.loop(ctx, emit) })
		})
	}
}

func (in *input[I]) ending(end func(error)) func(error) {
	return func(err error) {
		in.isQuiet()
		end(err)
	}
}

func (in *input[I]) isQuiet() { in.once.Do(func() { close(in.quiet) }) }

func (in *input[I]) loop(ctx context.Context, emit func(I) error) error {
	for _, v := range in.values {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		give := func() error { return emit(v) }
		if in.around != nil {
			give = func() error { return in.around(v, func() error { return emit(v) }) }
		}
		if err := give(); err != nil {
			return err
		}
	}
	switch in.finish {
	case fails:
		return errInput
	case panics:
		panic(inputPanic)
	case exits:
		runtime.Goexit()
	case hangs:
		in.isQuiet()
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return nil
}

// hop makes each call of emit come from a goroutine of its own.
func hop[I any](emit func(I) error) func(I) error {
	return func(v I) error {
		result := make(chan error, 1)
		go flow.Guard(func(err error) { result <- err }, func() error { return emit(v) })
		return <-result
	}
}
