package hub

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A Position is the place of a value in a topic. The first value of an epoch has offset 1, and each one the offset
// after that of the one before. A topic's epoch is drawn at random when it is made: positions of another one, or of
// the same one before a restart, say nothing about it.
//
// The zero Position is none.
//
// As text, and so in JSON, a position is a short string, since a JavaScript number does not hold an offset.
type Position struct {
	Epoch, Offset uint64
}

// newEpoch returns an epoch, which is never 0.
func newEpoch() uint64 { return rand.Uint64() | 1 }

// IsZero reports whether p is no position.
func (p Position) IsZero() bool { return p == Position{} }

// String returns p as text, such as "5f3a9c01d2e4b687-42", or "" if p is none.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return strconv.FormatUint(p.Epoch, 16) + "-" + strconv.FormatUint(p.Offset, 10)
}

var errPosition = errors.New("hub: not a position")

// ParsePosition reads what [Position.String] has written. A peer may have sent it: anything else is an error. The empty
// string is the zero Position, so that a query parameter that is not there is none.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	before, after, _ := strings.Cut(s, "-")
	epoch, err := strconv.ParseUint(before, 16, 64)
	if err != nil {
		return Position{}, errPosition
	}
	offset, err := strconv.ParseUint(after, 10, 64)
	if p := (Position{Epoch: epoch, Offset: offset}); err == nil && p.String() == s {
		return p, nil
	}
	return Position{}, errPosition
}

// MarshalText returns the bytes of [Position.String].
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is [ParsePosition].
func (p *Position) UnmarshalText(text []byte) error {
	parsed, err := ParsePosition(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}
