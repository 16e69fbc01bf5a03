package protocol

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 6455, 5.7: "A single-frame masked text message ... (contains "Hello")".
func TestMaskIsThatOfTheRFC(t *testing.T) {
	b := []byte{0x7f, 0x9f, 0x4d, 0x51, 0x58}
	Mask(b, [4]byte{0x37, 0xfa, 0x21, 0x3d}, 0)
	require.Equal(t, "Hello", string(b))
}

// RFC 6455, 5.3, byte by byte, at every length around the unrolled loops, every
// offset and every alignment.
func TestMaskCombinesEachByteWithItsKeyByte(t *testing.T) {
	key := [4]byte{0x01, 0x80, 0xA5, 0xFE}
	for length := range 200 {
		for offset := range 8 {
			whole := make([]byte, 1+length+1)
			for i := range whole {
				whole[i] = byte(i * 7)
			}
			Mask(whole[1:1+length], key, offset)
			for i, got := range whole {
				want := byte(i * 7)
				if i >= 1 && i <= length {
					want ^= key[(i-1+offset)%4]
				}
				if got != want {
					t.Fatalf("length %d, offset %d, byte %d: got %#x, want %#x", length, offset, i, got, want)
				}
			}
		}
	}
}

// Masking in two pieces is masking at once, and masking twice changes nothing.
func FuzzMask(f *testing.F) {
	f.Add([]byte("Hello"), uint32(0x37fa213d), 2)
	f.Add(make([]byte, 300), uint32(1), 131)
	f.Add([]byte{}, uint32(0), 0)
	f.Fuzz(func(t *testing.T, b []byte, k uint32, cut int) {
		key := [4]byte{byte(k >> 24), byte(k >> 16), byte(k >> 8), byte(k)}
		if cut < 0 || cut > len(b) {
			cut = len(b) / 2
		}
		whole, pieces := append([]byte{}, b...), append([]byte{}, b...)
		Mask(whole, key, 0)
		Mask(pieces[:cut], key, 0)
		Mask(pieces[cut:], key, cut)
		require.Equal(t, whole, pieces)
		Mask(whole, key, 0)
		require.Equal(t, append([]byte{}, b...), whole)
	})
}

func BenchmarkMask(b *testing.B) {
	for _, size := range []int{16, 125, 1 << 10, 16 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				Mask(p, [4]byte{1, 2, 3, 4}, 1)
			}
		})
	}
}
