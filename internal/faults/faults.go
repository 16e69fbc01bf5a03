package faults

import (
	"net"
	"time"
)

// Faults are what a relay does to the bytes that pass. The zero Faults do nothing.
type Faults struct {
	ToServer, ToClient Direction

	// Seed is that of what happens at random.
	Seed uint64
}

// A Direction is what happens to the bytes that go one way. Offsets count the bytes of a connection that have passed since
// the faults were set.
type Direction struct {
	// Latency is how long each byte takes, and Jitter how much longer it may take, at random.
	Latency, Jitter time.Duration

	// Bandwidth is how many bytes pass in a second. Zero or less is no limit.
	Bandwidth int64

	// Chunking says how many of the n bytes, at least 1, that could be written at once are. Nil cuts nothing.
	Chunking func(n int) int

	// StallFor is how long nothing passes, once StallAfter bytes have. Negative is for ever.
	StallFor   time.Duration
	StallAfter int64

	// Cut says how the connection ends once CutAfter bytes have passed.
	Cut      CutKind
	CutAfter int64

	// CorruptBits are flipped in the byte that CorruptAt others go before.
	CorruptBits byte
	CorruptAt   int64

	// CorruptRate is how likely a byte has one of its bits flipped, from 0 to 1.
	CorruptRate float64
}

// A CutKind is how a connection is cut.
type CutKind uint8

const (
	// NoCut is none.
	NoCut CutKind = iota
	// CutFIN ends both directions as the close of a socket does: both ends read EOF.
	CutFIN
	// CutRST resets the connection at both ends.
	CutRST
	// CutHalf ends one direction: its receiver reads EOF, its sender notices nothing. The other one goes on.
	CutHalf
)

// String returns "none", "FIN", "RST" or "half".
func (k CutKind) String() string {
	switch k {
	case CutFIN:
		return "FIN"
	case CutRST:
		return "RST"
	case CutHalf:
		return "half"
	case NoCut:
	}
	return "none"
}

// A Conn is what can be relayed: a [*net.TCPConn], or a connection in memory that can be aborted.
type Conn interface {
	net.Conn
	CloseWrite() error
}

// abort resets a connection.
func abort(c Conn) {
	switch c := c.(type) {
	case interface{ Abort() }:
		c.Abort()
	case interface{ SetLinger(sec int) error }:
		_ = c.SetLinger(0)
	}
	_ = c.Close()
}
