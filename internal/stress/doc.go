// Package stress has a test that builds streams at random from all operators of package flow and runs them against a model: what
// comes out, what the stream ends with, and that nothing is left behind, however a run completes, fails, is stopped or is cancelled.
package stress
