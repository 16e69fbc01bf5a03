package flow

import (
	"os"
	"time"
)

// A TimeoutError is what a stream fails with when something took longer than an operator allows. It is an
// [os.ErrDeadlineExceeded] to errors.Is.
type TimeoutError struct {
	Operator string        // the operator's name, such as "IdleTimeout"
	After    time.Duration // what it allows
}

// Error gives the operator and the time.
func (e *TimeoutError) Error() string { return "flow: " + e.Operator + " after " + e.After.String() }

// Timeout returns true, as it does for the timeouts of package net.
func (e *TimeoutError) Timeout() bool { return true }

// Is reports whether target is os.ErrDeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// mustBePositive panics unless d can be the time that the operator is built with.
func mustBePositive(operator string, d time.Duration) {
	if d <= 0 {
		panic("flow: " + operator + " with a time that is not positive")
	}
}
