package wire

import (
	"math/bits"
	"math/rand/v2"
	"sync"
)

// A Chunking says how many of the n bytes that the next Read could return it does
// return: from 1 to n. It is asked once for each Read that returns bytes, with n at
// least 1, being what has arrived or what the caller has room for, whichever is less.
// A result outside of 1 to n counts as the nearer of the two.
//
// A Chunking is called while its connection is locked: it must neither wait nor use
// the connection. One that keeps state and serves several connections, as the
// [Options] of a [Listener] do, must be safe for concurrent use. Those of this
// package are.
type Chunking func(n int) int

// Whole is the [Chunking] that cuts nothing: a Read returns all it can.
func Whole(n int) int { return n }

// ByteByByte is the [Chunking] that cuts everywhere: a Read returns one byte.
func ByteByByte(int) int { return 1 }

// Random returns a [Chunking] that cuts at random, more often into small pieces than
// into large ones: every length from 1 to n occurs, one of 1 most often. With the
// same seed and the same calls it always cuts the same. Connections that share it
// also share its sequence, in the order in which they happen to read.
func Random(seed uint64) Chunking {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	return func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		// First an order of magnitude, then a length within it.
		magnitude := random.IntN(bits.Len(uint(n)) + 1)
		return 1 + random.IntN(min(n, 1<<magnitude))
	}
}

// cut asks the chunking, Whole if there is none, and keeps its answer within 1 to n.
func (c Chunking) cut(n int) int {
	if c == nil {
		return n
	}
	return min(max(c(n), 1), n)
}
