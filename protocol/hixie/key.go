package hixie

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
)

const (
	bodySize   = 8        // bytes behind a request of hixie-76
	digestSize = md5.Size // bytes behind the answer to it
)

// Keys are the three secrets of a client's handshake in hixie-76: the values of the fields Sec-WebSocket-Key1 and -Key2,
// and the body.
type Keys struct {
	Key1, Key2 string
	Body       [bodySize]byte
}

// NewKeys returns fresh keys.
func NewKeys() *Keys {
	k := &Keys{Key1: newKey(), Key2: newKey()}
	rand.Read(k.Body[:]) // never fails
	return k
}

// newKey makes a key.
//
// draft-hixie-thewebsocketprotocol-76, 4.1: it is the product of a number and a number of spaces from 1 to 12, in decimal,
// with 1 to 12 characters from U+0021 to U+002F and U+003A to U+007E inserted anywhere, and the spaces anywhere but at
// its start and end.
func newKey() string {
	spaces := 1 + below(12)
	number := 1 + below(math.MaxUint32/spaces) // not 0, at which some servers balk
	key := strconv.AppendUint(nil, number*spaces, 10)
	for range 1 + below(12) {
		c := byte('!' + below(15+69))
		if c > '/' {
			c += ':' - '/' - 1
		}
		key = slices.Insert(key, int(below(uint64(len(key)+1))), c)
	}
	for range spaces {
		key = slices.Insert(key, 1+int(below(uint64(len(key)-1))), ' ')
	}
	return string(key)
}

// below returns a random number from 0 to n-1.
func below(n uint64) uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]) % n
}

// keyNumber returns the number that is hidden in a key, or what is wrong with the key.
//
// draft-hixie-thewebsocketprotocol-76, 5.2: it is made of the digits of the key, "interpreted as a base ten integer", divided
// by the number of its spaces. There has to be a space, and no rest.
func keyNumber(key string) (number uint32, fault string) {
	var n, spaces uint64
	digits := false
	for i := range len(key) {
		switch c := key[i]; {
		case c == ' ':
			spaces++
		case c >= '0' && c <= '9':
			if n > (math.MaxUint64-9)/10 {
				return 0, "has a number that is too large"
			}
			n, digits = 10*n+uint64(c-'0'), true
		}
	}
	switch {
	case !digits:
		return 0, "has no digits"
	case spaces == 0:
		return 0, "has no spaces"
	case n%spaces != 0:
		return 0, "has a number that is not a multiple of its spaces"
	case n/spaces > math.MaxUint32:
		return 0, "has a number that is too large"
	}
	return uint32(n / spaces), ""
}

// digest answers the keys.
func digest(numbers [2]uint32, body [bodySize]byte) [digestSize]byte {
	var b [8 + bodySize]byte
	binary.BigEndian.PutUint32(b[:], numbers[0])
	binary.BigEndian.PutUint32(b[4:], numbers[1])
	copy(b[8:], body[:])
	return md5.Sum(b[:])
}
