package wire_test

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

func TestWriteWaitsWhenTheBufferIsFull(t *testing.T) {
	for _, test := range []struct {
		name         string
		option, size int
	}{
		{"a byte", 1, 1},
		{"a few bytes", 10, 10},
		{"a block and a byte", 4097, 4097},
		{"the default", 0, 64 << 10},
		{"a negative size is the default", -1, wire.DefaultBuffer},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, wire.Options{Buffer: test.option}, func(t *testing.T, client, server *wire.Conn) {
				write(t, client, strings.Repeat("x", test.size)) // does not wait
				equal(t, "buffered", client.Buffered(), test.size)

				more := start(client.Write, []byte("y"))
				waits(t, more)
				equal(t, "buffered", client.Buffered(), test.size)

				io.ReadFull(server, make([]byte, 1))
				ends(t, "write", more, 1, nil)
				equal(t, "buffered", client.Buffered(), test.size)
			})
		})
	}
}

func TestDirectionsHaveBuffersOfTheirOwn(t *testing.T) {
	client, server := wire.Pipe(wire.Options{Buffer: 4})
	write(t, client, "full")
	write(t, server, "full")
}

func TestLongWriteGoesPieceByPiece(t *testing.T) {
	bubble(t, wire.Options{Buffer: 4}, func(t *testing.T, client, server *wire.Conn) {
		long := start(client.Write, []byte("0123456789"))
		for _, piece := range []string{"0123", "4567"} {
			waits(t, long)
			reads(t, server, piece, nil)
		}
		ends(t, "write", long, 10, nil)
		reads(t, server, "89", nil)
	})
}

func TestWriteReportsWhatWasTakenWhenItFails(t *testing.T) {
	for _, test := range []struct {
		name string
		want error
		end  func(client, server *wire.Conn)
	}{
		{"at its deadline", os.ErrDeadlineExceeded, func(client, _ *wire.Conn) {
			client.SetWriteDeadline(time.Now().Add(time.Hour))
			time.Sleep(time.Hour)
		}},
		{"when it is finished", syscall.EPIPE, func(client, _ *wire.Conn) { client.CloseWrite() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, wire.Options{Buffer: 4}, func(t *testing.T, client, server *wire.Conn) {
				long := start(client.Write, []byte("0123456789"))
				waits(t, long)
				reads(t, server, "0123", nil)
				waits(t, long)
				test.end(client, server)
				ends(t, "write", long, 8, test.want)
				equal(t, "counted", client.BytesWritten(), 8)
				reads(t, server, "4567", nil)
			})
		})
	}
}

func TestConcurrentWritesDoNotMix(t *testing.T) {
	bubble(t, wire.Options{Buffer: 3}, func(t *testing.T, client, server *wire.Conn) {
		const writers, length = 10, 100
		for i := range writers {
			go client.Write(bytes.Repeat([]byte{byte('a' + i)}, length))
		}
		seen := make(map[string]bool)
		p := make([]byte, length)
		for range writers {
			io.ReadFull(server, p)
			equal(t, "bytes from one Write", bytes.Count(p, p[:1]), length)
			seen[string(p[:1])] = true
		}
		equal(t, "Writes", len(seen), writers)
	})
}

func TestWriteThatHasBegunGoesFirst(t *testing.T) {
	bubble(t, wire.Options{Buffer: 3}, func(t *testing.T, client, server *wire.Conn) {
		for range 100 {
			first := start(client.Write, []byte("aaaa"))
			waits(t, first)
			reads(t, server, "aaa", nil)
			write(t, client, "b") // There is room for it, perhaps before first notices.
			ends(t, "write", first, 4, nil)
			reads(t, server, "ab", nil)
		}
	})
}

func TestWriteThatWaitsForAnotherObeysItsDeadline(t *testing.T) {
	bubble(t, wire.Options{Buffer: 1}, func(t *testing.T, client, server *wire.Conn) {
		first := start(client.Write, []byte("aaa"))
		waits(t, first)
		second := start(client.Write, []byte("bbb"))
		waits(t, second)
		client.SetWriteDeadline(time.Now())
		ends(t, "write", first, 1, os.ErrDeadlineExceeded)
		ends(t, "write", second, 0, os.ErrDeadlineExceeded)

		client.SetWriteDeadline(time.Time{})
		reads(t, server, "a", nil)
		write(t, client, "c")
		reads(t, server, "c", nil)
	})
}
