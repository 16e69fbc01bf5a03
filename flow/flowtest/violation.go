package flowtest

import (
	"errors"
	"fmt"
)

// A Law is one of the rules that a source or a flow keeps.
type Law string

// The laws. Package flow states them where it defines [flow.StartFunc] and [flow.Source].
const (
	Values          Law = "gives the values"                // the wanted values come, and then the end
	Ends            Law = "ends"                            // the stream ends at all; a check goes no further when one does not
	Again           Law = "can be run again"                // every run is like the first, or is answered with ErrConsumed
	Stop            Law = "stops when emit says so"         // at once, with exactly emit's error
	Cancel          Law = "honours the context"             // a cancelled run ends with context.Cause
	Failure         Law = "hands on failure"                // the input's error arrives, after the values before it
	Panics          Law = "hands on panics"                 // of the input, of emit, of the operator's function, as a *PanicError
	EndsOnce        Law = "ends exactly once"               // one call of end
	SilentAfterEnd  Law = "emits nothing after the end"     // also not from another goroutine
	NoOverlap       Law = "calls do not overlap"            // emit and end, with each other and with themselves
	InsideStart     Law = "is inside start until it is out" // no calls from other goroutines before start has returned
	NoGoroutineLeft Law = "leaves no goroutine"             // all that the run started has finished
	Balance         Law = "holds and releases"              // a Holder lives as long as it is needed and no longer
)

// A Violation is one law that was broken, and how.
type Violation struct {
	Law  Law
	Case string // the run in which it happened: what the input, what follows and the context did
	Got  string // what happened, and what should have
}

// Error gives the law, the case and what happened.
func (v *Violation) Error() string {
	return fmt.Sprintf("flowtest: %s: %s: %s", v.Law, v.Case, v.Got)
}

// Violated reports whether err, which a checker returned, has a violation of law in it.
func Violated(err error, law Law) bool {
	if v := (*Violation)(nil); errors.As(err, &v) && v.Law == law {
		return true
	}
	switch e := err.(type) { // walks the tree itself, for errors.As finds only the first
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if Violated(err, law) {
				return true
			}
		}
	case interface{ Unwrap() error }:
		return Violated(e.Unwrap(), law)
	}
	return false
}
