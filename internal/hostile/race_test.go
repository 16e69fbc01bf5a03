//go:build race

package hostile_test

// The race detector has pools forget what they are given: what is allocated then shows nothing.
const racing = true
