package wire_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

// These are the tests of golang.org/x/net/nettest.TestConn, which is what every net.Conn
// must do, restated for a bubble. Like those they run for both orders of the ends.

var shapes = map[string]wire.Options{
	"default":      {},
	"small buffer": {Buffer: 7},
	"byte by byte": {Buffer: 100, ClientReads: wire.ByteByByte, ServerReads: wire.ByteByByte},
	"random":       {ClientReads: wire.Random(1), ServerReads: wire.Random(2)},
}

// contract runs a test for every shape and both orders.
func contract(t *testing.T, test func(t *testing.T, a, b net.Conn)) {
	t.Helper()
	for name, o := range shapes {
		t.Run(name, func(t *testing.T) {
			bubble(t, o, func(t *testing.T, client, server *wire.Conn) { test(t, client, server) })
			bubble(t, o, func(t *testing.T, client, server *wire.Conn) { test(t, server, client) })
		})
	}
}

func TestContractBasicIO(t *testing.T) {
	want := make([]byte, 1<<17)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(want)
	contract(t, func(t *testing.T, a, b net.Conn) {
		go func() {
			io.Copy(a, bytes.NewReader(want))
			a.Close()
		}()
		echo := sha256.New()
		if n, err := io.Copy(echo, b); n != int64(len(want)) || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
		equal(t, "hash", [32]byte(echo.Sum(nil)), sha256.Sum256(want))
	})
}

func TestContractPingPong(t *testing.T) {
	play := func(t *testing.T, c net.Conn, first bool) {
		defer c.Close()
		p := make([]byte, 8)
		if first {
			c.Write(p)
		}
		for {
			if _, err := io.ReadFull(c, p); err != nil {
				fails(t, "read", err, io.EOF)
				return
			}
			n := binary.LittleEndian.Uint64(p) + 1
			if n > 1000 {
				return
			}
			binary.LittleEndian.PutUint64(p, n)
			if _, err := c.Write(p); err != nil {
				t.Errorf("write: %v", err)
			}
		}
	}
	contract(t, func(t *testing.T, a, b net.Conn) {
		var both sync.WaitGroup
		both.Go(func() { play(t, a, true) })
		both.Go(func() { play(t, b, false) })
		both.Wait()
	})
}

// racy calls an operation from many goroutines that also move its deadline, and checks
// that it fails by timeout only and recovers each time.
func racy(t *testing.T, call func([]byte) (int, error), set func(time.Time) error) {
	t.Helper()
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			p := make([]byte, 16)
			for i := range 10 {
				set(time.Now().Add(rand.N(time.Millisecond)))
				for range 10 {
					if _, err := call(p); err != nil {
						if !errors.Is(err, os.ErrDeadlineExceeded) {
							t.Errorf("round %d: %v", i, err)
						}
						set(time.Now().Add(time.Millisecond))
					}
					time.Sleep(rand.N(100 * time.Microsecond))
				}
			}
		})
	}
	all.Wait()
}

func TestContractRacyRead(t *testing.T) {
	contract(t, func(t *testing.T, a, b net.Conn) {
		var peer sync.WaitGroup
		peer.Go(func() {
			p := make([]byte, 1<<10)
			for {
				if _, err := b.Write(p); err != nil {
					return
				}
				time.Sleep(rand.N(time.Millisecond))
			}
		})
		racy(t, a.Read, a.SetReadDeadline)
		a.Close()
		peer.Wait()
	})
}

func TestContractRacyWrite(t *testing.T) {
	contract(t, func(t *testing.T, a, b net.Conn) {
		var peer sync.WaitGroup
		peer.Go(func() {
			p := make([]byte, 1<<8)
			for {
				if _, err := b.Read(p); err != nil {
					return
				}
				time.Sleep(rand.N(time.Microsecond))
			}
		})
		racy(t, a.Write, a.SetWriteDeadline)
		a.Close()
		peer.Wait()
	})
}

// untilItFails repeats an operation until it fails and reports the error.
func untilItFails(call func([]byte) (int, error)) <-chan error {
	failed := make(chan error, 1)
	go func() {
		p := make([]byte, 1<<10)
		for {
			if _, err := call(p); err != nil {
				failed <- err
				return
			}
		}
	}()
	return failed
}

func TestContractTimeouts(t *testing.T) {
	for name, after := range map[string]time.Duration{"past": -time.Hour, "present": 0, "future": time.Hour} {
		t.Run(name, func(t *testing.T) {
			contract(t, func(t *testing.T, a, b net.Conn) {
				go io.Copy(b, b) // echoes, until there is nothing to echo
				began := time.Now()
				a.SetDeadline(began.Add(after))
				fails(t, "read", <-untilItFails(a.Read), os.ErrDeadlineExceeded)
				fails(t, "write", <-untilItFails(a.Write), os.ErrDeadlineExceeded)
				equal(t, "virtual time", time.Since(began), max(after, 0))
				a.SetDeadline(time.Time{})

				// The connection works again: what was written before it comes first.
				go io.Copy(io.Discard, a)
				if _, err := a.Write([]byte("again")); err != nil {
					t.Errorf("write: %v", err)
				}
				b.Close()
			})
		})
	}
}

func TestContractCloseWakes(t *testing.T) {
	contract(t, func(t *testing.T, a, b net.Conn) {
		read, write := untilItFails(a.Read), untilItFails(a.Write)
		a.SetDeadline(time.Now().Add(time.Hour))
		time.Sleep(time.Minute)
		a.Close()
		fails(t, "read", <-read, net.ErrClosed)
		fails(t, "write", <-write, net.ErrClosed)
	})
}

func TestContractConcurrentMethods(t *testing.T) {
	contract(t, func(t *testing.T, a, b net.Conn) {
		go io.Copy(b, b)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { a.Read(make([]byte, 1<<10)) })
			all.Go(func() { a.Write(make([]byte, 1<<10)) })
			all.Go(func() { a.SetDeadline(time.Now().Add(10 * time.Millisecond)) })
			all.Go(func() { a.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) })
			all.Go(func() { a.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)) })
			all.Go(func() { a.LocalAddr() })
			all.Go(func() { a.RemoteAddr() })
			all.Go(func() { a.(*wire.Conn).Buffered() })
			all.Go(func() { b.(*wire.Conn).BytesRead() })
		}
		all.Wait()
		a.(*wire.Conn).Abort()
	})
}
