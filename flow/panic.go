package flow

import (
	"fmt"
	"runtime/debug"
)

// A PanicError is what a stream ends with when a function of the user's panicked in it, on whatever
// goroutine. [Source.Run] and [Sink.Run] panic again, with the *PanicError as the value.
type PanicError struct {
	Value any    // what panic was called with; nil if the goroutine ended through runtime.Goexit
	Stack []byte // the stack of the goroutine at the time
}

// Error gives the panic's value; what goes on to panic with the error prints the stack of its own.
func (e *PanicError) Error() string {
	if e.Value == nil {
		return "flow: goroutine exited"
	}
	return fmt.Sprintf("flow: panic: %v", e.Value)
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanicError makes an error of what recover returned. It is called from the deferred function,
// while the stack still shows where the panic came from. A panic that was wrapped before stays as it is.
func newPanicError(recovered any) *PanicError {
	if p, ok := recovered.(*PanicError); ok {
		return p
	}
	return &PanicError{Value: recovered, Stack: debug.Stack()}
}

// orPanic returns err, or other if that is a panic and err is none: whatever else a stream ends with, an error of emit and a
// cancellation too, nobody would hear of a panic that is lost.
func orPanic(err, other error) error {
	if _, panicked := other.(*PanicError); !panicked {
		return err
	}
	if _, before := err.(*PanicError); before {
		return err
	}
	return other
}

// Guard calls f and then end with its result. If f panics, or leaves the goroutine through [runtime.Goexit], end
// is called with a *[PanicError]. It stands where a chain is entered: around the loop of a source, or the
// work of a goroutine, that calls emit.
func Guard(end func(error), f func() error) {
	var err error
	returned := false
	defer func() {
		if !returned {
			err = newPanicError(recover())
		}
		end(err)
	}()
	err = f()
	returned = true
}
