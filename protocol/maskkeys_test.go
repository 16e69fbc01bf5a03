package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 6455, 5.3: a fresh key for each frame, no byte used twice.
func TestDefaultMaskKeysDiffer(t *testing.T) {
	var k maskKeys
	seen := make(map[[4]byte]bool)
	for range 1000 {
		seen[k.next()] = true
	}
	// A thousand of 2^32 keys repeat one with a probability of 1 in 8600, and
	// five never.
	require.Greater(t, len(seen), 995)
}
