// Package stress has a test that builds streams at random from all operators of package flow and runs them against a model: what
// comes out, what the stream ends with, and that nothing is left behind, however a run completes, fails, is stopped or is cancelled,
// with statistics and without, alone and with others of the same stream at once. Another one does so with values that are
// held, and looks that each is released in the end and not used after.
package stress
