package flow

import "sync/atomic"

// An ending waits for streams to end, one after the other: for operators that start a stream inside a call of
// emit, and have to block it until that stream is over. Where it ends before anybody waits, as a
// synchronous one does, no channel is touched.
type ending struct {
	state atomic.Uint32
	err   error
	done  chan struct{}
}

const (
	endingOpen uint32 = iota
	endingOver
	endingAwaited
)

func newEnding() ending { return ending{done: make(chan struct{}, 1)} }

// reset makes e ready for the next stream, before it is started.
func (e *ending) reset() { e.state.Store(endingOpen) }

// ended is the end of the stream.
func (e *ending) ended(err error) {
	e.err = err
	if !e.state.CompareAndSwap(endingOpen, endingOver) {
		e.done <- struct{}{}
	}
}

// await waits for the end of the stream, and returns what it has ended with.
func (e *ending) await() error {
	if e.state.CompareAndSwap(endingOpen, endingAwaited) {
		<-e.done
	}
	return e.err
}
