package flow

import "sync/atomic"

// A gate is a lock that is held across blocking work: whoever waits for it blocks on a channel, and can be called
// off. Whoever holds it may take it again before those who wait, since a switch of goroutines for every
// value is what makes merges slow, but no more than gateRun times in a row.
type gate struct {
	held    atomic.Bool
	waiting atomic.Int32
	wake    chan struct{} // the gate is free, try again
	pass    chan struct{} // the gate is yours
	run     int           // times that the gate was freed while others waited; of the holder
}

const gateRun = 32

func newGate() *gate {
	return &gate{wake: make(chan struct{}, 1), pass: make(chan struct{})}
}

// try takes the gate if it is free.
func (g *gate) try() bool { return g.held.CompareAndSwap(false, true) }

// lock reports false if done was closed before the gate could be had.
func (g *gate) lock(done <-chan struct{}) bool {
	if g.try() {
		return true
	}
	g.waiting.Add(1)
	defer g.waiting.Add(-1)
	for !g.try() {
		select {
		case <-g.wake:
		case <-g.pass:
			return true
		case <-done:
			return false
		}
	}
	return true
}

func (g *gate) unlock() {
	if g.waiting.Load() > 0 {
		if g.run++; g.run >= gateRun {
			select {
			case g.pass <- struct{}{}:
				return
			default: // whoever waits is not there yet
			}
		}
	} else {
		g.run = 0
	}
	g.held.Store(false)
	if g.waiting.Load() > 0 {
		select {
		case g.wake <- struct{}{}:
		default:
		}
	}
}
