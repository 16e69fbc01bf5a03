package wire_test

import (
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/wsflow/wsflow/internal/wire"
)

// readSizes writes text to a server that reads with the chunking into space bytes,
// and returns the lengths of its Reads.
func readSizes(t *testing.T, c wire.Chunking, text string, space int) []int {
	t.Helper()
	client, server := wire.Pipe(wire.Options{ServerReads: c})
	write(t, client, text)
	client.Close()

	var sizes []int
	var got strings.Builder
	p := make([]byte, space)
	for {
		n, err := server.Read(p)
		got.Write(p[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	equal(t, "all that was read", got.String(), text)
	return sizes
}

func TestChunkingDecidesTheLengthOfReads(t *testing.T) {
	for _, test := range []struct {
		name     string
		chunking wire.Chunking
		space    int
		want     []int
	}{
		{"none is whole", nil, 100, []int{5}},
		{"whole", wire.Whole, 100, []int{5}},
		{"whole, but no more than there is space", wire.Whole, 3, []int{3, 2}},
		{"byte by byte", wire.ByteByByte, 100, []int{1, 1, 1, 1, 1}},
		{"a result that is too small counts as 1", func(int) int { return -1 }, 100, []int{1, 1, 1, 1, 1}},
		{"a result that is too large counts as n", func(n int) int { return n + 1 }, 4, []int{4, 1}},
		{"one of the test's own", func(n int) int { return (n + 1) / 2 }, 100, []int{3, 1, 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			equal(t, "lengths", readSizes(t, test.chunking, "hello", test.space), test.want)
		})
	}
}

func TestChunkingIsAskedForWhatTheReadCouldReturn(t *testing.T) {
	var asked []int
	readSizes(t, func(n int) int { asked = append(asked, n); return n }, "hello", 3)
	equal(t, "asked", asked, []int{3, 2})
}

func TestEachEndHasItsOwnChunking(t *testing.T) {
	client, server := wire.Pipe(wire.Options{ClientReads: wire.ByteByByte})
	write(t, client, "ping")
	write(t, server, "pong")
	reads(t, server, "ping", nil)
	reads(t, client, "p", nil)
}

func TestRandomIsDeterministic(t *testing.T) {
	text := strings.Repeat("wire", 1000)
	one := readSizes(t, wire.Random(1), text, 100)
	equal(t, "lengths with the same seed", readSizes(t, wire.Random(1), text, 100), one)
	if reflect.DeepEqual(readSizes(t, wire.Random(2), text, 100), one) {
		t.Error("another seed cuts the same")
	}
}

func TestRandomReachesEveryLengthAndPrefersSmallOnes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 8, 9, 100} {
		count := make(map[int]int)
		random := wire.Random(uint64(n))
		for range 100_000 {
			count[random(n)]++
		}
		equal(t, "different lengths", len(count), n)
		for length := 1; length <= n; length++ {
			if count[length] == 0 || count[length] > count[1] {
				t.Errorf("of %d: %d came %d times, 1 came %d times", n, length, count[length], count[1])
			}
		}
	}
}

func TestRandomMayBeShared(*testing.T) {
	shared := wire.Random(1)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 1000 {
				shared(100)
			}
		})
	}
	all.Wait() // The race detector judges.
}
