// Package panics has tests that put every operator of package flow into the handler of a live connection and let each function
// of a user's in it panic, leave its goroutine or fail, in many surroundings: that connection alone ends, with 1011, and one record
// in the log has the stack.
package panics
