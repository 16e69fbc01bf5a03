package wire

import (
	"bytes"
	"testing"
)

// FuzzFifo states the law that a fifo behaves like a bytes.Buffer. Each pair of input
// bytes is a step: an odd first one reads, an even one writes, and both say how much.
func FuzzFifo(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 10, 1, 10})
	f.Add([]byte{0, 10, 1, 3, 0, 10, 1, 100})
	f.Add([]byte{254, 255, 254, 255, 1, 1, 254, 255, 255, 255, 255, 255, 255, 255})
	f.Add([]byte{16, 0, 17, 0, 16, 0, 16, 0, 17, 0}) // whole blocks
	f.Fuzz(func(t *testing.T, steps []byte) {
		var got fifo
		var want bytes.Buffer
		for i := 0; i+1 < len(steps); i += 2 {
			size := int(steps[i]/2)<<9 + int(steps[i+1])
			if steps[i]%2 == 0 {
				p := bytes.Repeat([]byte{byte(i), byte(i + 1), byte(i + 2)}, size/3+1)[:size]
				got.write(p)
				want.Write(p)
			} else {
				p, q := make([]byte, size), make([]byte, size)
				n := got.read(p)
				m, _ := want.Read(q)
				if n != m || !bytes.Equal(p, q) {
					t.Fatalf("step %d: read %d bytes, want %d, equal: %t", i/2, n, m, bytes.Equal(p, q))
				}
			}
			if got.size != want.Len() {
				t.Fatalf("step %d: size %d, want %d", i/2, got.size, want.Len())
			}
			if empty := got.size == 0; (got.first == nil) != empty || (got.last == nil) != empty {
				t.Fatalf("step %d: memory must be held exactly while there are bytes", i/2)
			}
		}
	})
}

func TestClearedFifoHoldsNothing(t *testing.T) {
	var f fifo
	f.write(make([]byte, 10*blockSize+1))
	f.clear()
	if f != (fifo{}) {
		t.Errorf("holds %d bytes and %p", f.size, f.first)
	}
	f.write([]byte("again"))
	p := make([]byte, 10)
	if n := f.read(p); string(p[:n]) != "again" {
		t.Errorf("then reads %q", p[:n])
	}
}

func TestFifoTakesMemoryAsNeeded(t *testing.T) {
	var f fifo
	for _, step := range []struct {
		write, read, blocks int
	}{
		{0, 0, 0}, {1, 0, 1}, {blockSize, 0, 2}, {0, blockSize, 1}, {0, 1, 0}, {blockSize, 0, 1}, {1, 0, 2},
	} {
		f.write(make([]byte, step.write))
		f.read(make([]byte, step.read))
		blocks := 0
		for b := f.first; b != nil; b = b.next {
			blocks++
		}
		if blocks != step.blocks {
			t.Errorf("%d bytes in %d blocks, want %d", f.size, blocks, step.blocks)
		}
	}
}
