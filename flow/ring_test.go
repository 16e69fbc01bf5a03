package flow

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRingKeepsTheOrderWhateverItsSize(t *testing.T) {
	const n = 20_000
	wanted := errors.New("wanted")
	for size := 1; size < 6; size++ {
		for _, low := range []int{0, size / 2, size - 1} {
			r := newRing[int](size, low)
			go func() {
				for v := range n {
					*r.reserve(nil) = v
					r.put()
				}
				r.close(wanted)
			}()
			for v := range n {
				slot, ended := r.first(nil)
				require.False(t, ended)
				require.Equal(t, v, *slot)
				r.free()
			}
			_, ended := r.first(nil)
			require.True(t, ended)
			require.Equal(t, wanted, r.err)
		}
	}
}

func TestRingCanBeCalledOffOnBothSides(t *testing.T) {
	done := make(chan struct{})
	close(done)
	r := newRing[int](2, 1)
	slot, ended := r.first(done)
	require.Nil(t, slot)
	require.False(t, ended)
	for v := range 2 {
		*r.reserve(done) = v
		r.put()
	}
	require.Nil(t, r.reserve(done))
	var left []int
	r.each(func(v *int) { left = append(left, *v) })
	require.Equal(t, []int{0, 1}, left)
}
