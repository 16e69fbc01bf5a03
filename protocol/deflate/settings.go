package deflate

import "fmt"

// The sizes of windows, as powers of two, that RFC 7692, 7.1.2, allows.
const (
	minBits = 8
	maxBits = 15
)

// A Window is how one end compresses: how far back it may refer, and whether
// into earlier messages. The zero Window is the largest one, which ends with
// each message.
type Window struct {
	// Bits is the size as a power of two, 8 (256 bytes) to 15 (32 KiB). 0 is 15.
	Bits int

	// Takeover keeps the window from message to message. Small messages that
	// resemble each other shrink to a fraction; in return each end holds up to
	// the window's size for each connection, as long as it lives. Without it a
	// connection between messages holds nothing.
	Takeover bool
}

func (w Window) bits() int {
	if w.Bits == 0 {
		return maxBits
	}
	return w.Bits
}

// Settings say what an end agrees to, and how it compresses. The zero Settings
// are right for either end: any window size the peer wants, none of them kept.
type Settings struct {
	// Server and Client are the most that each of the two may use when it
	// compresses. The peer may always ask for less, and gets it. A client of old
	// cannot be told to use less than 15 bits: with less as Client a server
	// declines its offer.
	Server, Client Window

	// Level is from 1, the fastest, to 9, the smallest. 0 is DefaultLevel. It is
	// nothing that the peer has to know.
	Level int

	// Threshold is the number of bytes below which a whole message is not worth
	// compressing. 0 is 128, or 32 where the window is kept; a negative value
	// compresses everything.
	Threshold int

	// MaxMessage limits the inflated bytes of a message. 0 is
	// protocol.DefaultMaxMessage; a negative value means no limit.
	MaxMessage int64
}

// DefaultLevel is the level where none is set.
const DefaultLevel = 3

// Validate returns an error for a value that does not exist, such as window bits of 7.
func (s *Settings) Validate() error {
	for _, w := range []Window{s.Server, s.Client} {
		if w.Bits != 0 && (w.Bits < minBits || w.Bits > maxBits) {
			return fmt.Errorf("deflate: window bits are 8 to 15, not %d", w.Bits)
		}
	}
	if s.Level < 0 || s.Level > 9 {
		return fmt.Errorf("deflate: level is 1 to 9, not %d", s.Level)
	}
	return nil
}

// Params are what the two ends have agreed upon. Their Bits are never 0.
type Params struct{ Server, Client Window }
