package gostreams

import "time"

// An Option changes what a go-streams chain does in a graph of ours.
type Option func(*options)

type options struct {
	leaks     bool
	leakAfter time.Duration
}

// LeakAfter is for chains that do not end when they should: once a run has failed or was stopped or cancelled, it
// waits for d, at most, for the chain to close its output, or for the sink to be done. Then it ends, and leaves behind
// the goroutines of the chain and one that drains it, until the chain closes its output after all. Without it, the
// run waits for as long as the chain takes.
func LeakAfter(d time.Duration) Option {
	return func(o *options) { o.leaks, o.leakAfter = true, d }
}

func newOptions(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// drain receives what comes from c until it is closed.
func (o *options) drain(c <-chan any) {
	if !o.leaks {
		drain(c)
		return
	}
	closed := make(chan struct{})
	go func() {
		drain(c)
		close(closed)
	}()
	o.wait(closed)
}

// wait waits for done, but no longer than a chain may take.
func (o *options) wait(done <-chan struct{}) {
	timer := time.NewTimer(o.leakAfter)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
}

func drain(c <-chan any) {
	for range c {
	}
}
