package faults_test

import (
	"bytes"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
)

// A link is a client and a server in memory with a relay between them.
type link struct {
	t              *testing.T
	client, server *wire.Conn
	relay          *faults.Relay
}

// bubble runs f in virtual time, with faults that concern the bytes for the server.
func bubble(t *testing.T, toServer faults.Direction, f func(l *link)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, near := wire.Pipe(wire.Options{})
		far, server := wire.Pipe(wire.Options{})
		l := &link{t, client, server, faults.Join(near, far, faults.Faults{ToServer: toServer, Seed: 1})}
		t.Cleanup(func() {
			client.Abort()
			server.Abort()
			<-l.relay.Gone() // a relay that goes on fails here, as a deadlock
		})
		f(l)
	})
}

// write writes for the server from a goroutine of its own.
func (l *link) write(p []byte) {
	go func() { _, _ = l.client.Write(p) }()
}

// read has the server read n bytes.
func (l *link) read(n int) []byte {
	l.t.Helper()
	p := make([]byte, n)
	_, err := io.ReadFull(l.server, p)
	require.NoError(l.t, err)
	return p
}

// rest has the server read until there is no more.
func (l *link) rest() ([]byte, error) {
	var all bytes.Buffer
	_, err := io.Copy(&all, l.server)
	return all.Bytes(), err
}

func some(n int) []byte {
	r := rand.New(rand.NewPCG(7, 7))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func TestLatencyDelaysEachByteByAsMuch(t *testing.T) {
	bubble(t, faults.Direction{Latency: 70 * time.Millisecond}, func(l *link) {
		start := time.Now()
		go func() {
			_, _ = l.client.Write([]byte("a"))
			time.Sleep(10 * time.Millisecond)
			_, _ = l.client.Write([]byte("b"))
		}()
		require.Equal(t, "a", string(l.read(1)))
		require.Equal(t, 70*time.Millisecond, time.Since(start))
		require.Equal(t, "b", string(l.read(1)))
		require.Equal(t, 80*time.Millisecond, time.Since(start), "they are under way at the same time")
		_, err := l.server.Write([]byte("c"))
		require.NoError(t, err)
		_, err = io.ReadFull(l.client, make([]byte, 1))
		require.NoError(t, err)
		require.Equal(t, 80*time.Millisecond, time.Since(start), "the other direction has none")
	})
}

func TestJitterKeepsTheOrder(t *testing.T) {
	bubble(t, faults.Direction{Latency: 20 * time.Millisecond, Jitter: 30 * time.Millisecond}, func(l *link) {
		begun := make(chan time.Time, 256)
		go func() {
			for i := range 256 {
				begun <- time.Now()
				_, _ = l.client.Write([]byte{byte(i)})
				time.Sleep(time.Millisecond)
			}
		}()
		delays := make(map[time.Duration]bool)
		for i := range 256 {
			require.Equal(t, byte(i), l.read(1)[0])
			d := time.Since(<-begun)
			require.GreaterOrEqual(t, d, 20*time.Millisecond)
			require.LessOrEqual(t, d, 50*time.Millisecond)
			delays[d] = true
		}
		require.Greater(t, len(delays), 10, "they differ")
	})
}

func TestBandwidthIsExactAndEven(t *testing.T) {
	bubble(t, faults.Direction{Bandwidth: 3_000, Latency: time.Second}, func(l *link) {
		start := time.Now()
		l.write(make([]byte, 300_000))
		for i := range 100 {
			l.read(3_000)
			require.InDelta(t, time.Duration(i+2)*time.Second, time.Since(start), float64(10*time.Millisecond))
		}
		require.Equal(t, 101*time.Second, time.Since(start))
	})
}

func TestBandwidthThatDividesNothingIsExactInSum(t *testing.T) {
	bubble(t, faults.Direction{Bandwidth: 7}, func(l *link) {
		start := time.Now()
		l.write(make([]byte, 700))
		l.read(700)
		require.Equal(t, 100*time.Second, time.Since(start))
	})
}

func TestStallPausesAfterExactlySoManyBytes(t *testing.T) {
	bubble(t, faults.Direction{StallAfter: 5, StallFor: time.Minute}, func(l *link) {
		start := time.Now()
		l.write([]byte("hello world"))
		require.Equal(t, "hello", string(l.read(5)))
		require.Zero(t, time.Since(start))
		require.Equal(t, " world", string(l.read(6)))
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestStallForEverEndsWhenTheFaultsDo(t *testing.T) {
	bubble(t, faults.Direction{StallFor: -1}, func(l *link) {
		l.write([]byte("hello"))
		time.Sleep(1000 * time.Hour)
		require.Zero(t, l.server.BytesRead())
		l.relay.Set(faults.Faults{})
		require.Equal(t, "hello", string(l.read(5)))
	})
}

func TestCutIsAtExactlyTheByte(t *testing.T) {
	for _, n := range []int64{0, 1, 1000, 100_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, faults.Direction{Cut: faults.CutFIN, CutAfter: n}, func(l *link) {
				all := some(200_000)
				l.write(all)
				got, err := l.rest()
				require.NoError(t, err, "the end is one in good order")
				require.True(t, bytes.Equal(all[:n], got))
				_, err = l.client.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF, "so it is for the client")
			})
		})
	}
}

func TestCutByResetIsSeenByBothEnds(t *testing.T) {
	bubble(t, faults.Direction{Cut: faults.CutRST, CutAfter: 100}, func(l *link) {
		l.write(some(200))
		synctest.Wait()
		_, err := l.server.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)
		_, err = l.client.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)
		toServer, toClient := l.relay.Counts()
		require.Equal(t, faults.Counts{Bytes: 100, Cuts: 1}, toServer)
		require.Zero(t, toClient)
	})
}

func TestHalfCutEndsOneDirection(t *testing.T) {
	bubble(t, faults.Direction{Cut: faults.CutHalf, CutAfter: 3}, func(l *link) {
		_, err := l.client.Write(some(500_000))
		require.NoError(t, err, "the sender notices nothing")
		got, err := l.rest()
		require.NoError(t, err)
		require.Len(t, got, 3)
		_, err = l.server.Write([]byte("still here"))
		require.NoError(t, err)
		_, err = io.ReadFull(l.client, make([]byte, 10))
		require.NoError(t, err)
	})
}

func TestCorruptFlipsExactlyTheBits(t *testing.T) {
	bubble(t, faults.Direction{CorruptAt: 70_000, CorruptBits: 0b1010}, func(l *link) {
		want := some(100_000)
		l.write(want)
		got := l.read(len(want))
		want[70_000] ^= 0b1010
		require.True(t, bytes.Equal(want, got))
	})
}

func TestCorruptRateFlipsOneBitOfSoManyBytes(t *testing.T) {
	corrupt := func(t *testing.T, rate float64) (flips []int) {
		bubble(t, faults.Direction{CorruptRate: rate}, func(l *link) {
			sent := some(100_000)
			l.write(bytes.Clone(sent))
			for i, b := range l.read(len(sent)) {
				if b != sent[i] {
					require.Equal(t, 1, bits.OnesCount8(b^sent[i]))
					flips = append(flips, i)
				}
			}
		})
		return flips
	}
	few := corrupt(t, 0.01)
	require.InDelta(t, 1000, len(few), 150)
	require.Equal(t, few, corrupt(t, 0.01), "the seed decides")
	require.Len(t, corrupt(t, 1), 100_000)
	require.Empty(t, corrupt(t, 0))
}

func TestReceiverThatTakesNothingMakesTheSenderWait(t *testing.T) {
	bubble(t, faults.Direction{Latency: time.Second, Bandwidth: 1 << 20}, func(l *link) {
		l.write(make([]byte, 16<<20))
		time.Sleep(time.Hour)
		require.LessOrEqual(t, l.client.BytesWritten(), int64(2*wire.DefaultBuffer+1<<20), "two buffers, and what a second has room for")
	})
}

func TestEndsArePassedOn(t *testing.T) {
	t.Run("a half-close, behind what was written", func(t *testing.T) {
		bubble(t, faults.Direction{Latency: time.Second}, func(l *link) {
			start := time.Now()
			_, _ = l.client.Write([]byte("bye"))
			require.NoError(t, l.client.CloseWrite())
			got, err := l.rest()
			require.NoError(t, err)
			require.Equal(t, "bye", string(got))
			require.Equal(t, time.Second, time.Since(start))
			_, err = l.server.Write([]byte("x"))
			require.NoError(t, err)
			_, err = l.client.Read(make([]byte, 1))
			require.NoError(t, err, "the other direction goes on")
		})
	})
	t.Run("an end takes as long as bytes do", func(t *testing.T) {
		bubble(t, faults.Direction{Latency: time.Second}, func(l *link) {
			start := time.Now()
			require.NoError(t, l.client.CloseWrite())
			_, err := l.rest()
			require.NoError(t, err)
			require.Equal(t, time.Second, time.Since(start))
		})
	})
	t.Run("a close of both, after which the relay has gone", func(t *testing.T) {
		bubble(t, faults.Direction{}, func(l *link) {
			require.NoError(t, l.client.Close())
			_, err := l.rest()
			require.NoError(t, err)
			require.NoError(t, l.server.Close())
			<-l.relay.Gone()
		})
	})
	t.Run("a reset", func(t *testing.T) {
		bubble(t, faults.Direction{}, func(l *link) {
			l.client.Abort()
			_, err := l.rest()
			require.ErrorIs(t, err, syscall.ECONNRESET)
		})
	})
	t.Run("a receiver that has gone", func(t *testing.T) {
		bubble(t, faults.Direction{}, func(l *link) {
			require.NoError(t, l.server.Close())
			_, _ = l.client.Write(make([]byte, 1<<20)) // which may be thrown away before the end is known
			synctest.Wait()
			_, err := l.client.Write([]byte("x"))
			require.Error(t, err)
		})
	})
}

// Whatever delays there are, what arrives is what was sent.
func TestDelaysChangeNothing(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 0))
		d := faults.Direction{
			Latency: time.Duration(r.IntN(3)) * 10 * time.Millisecond, Jitter: time.Duration(r.IntN(20)) * time.Millisecond,
			Bandwidth: r.Int64N(3) * 50_000, StallAfter: r.Int64N(200_000), StallFor: time.Duration(r.IntN(2)) * time.Second,
		}
		if r.IntN(2) == 0 {
			d.Chunking = wire.Random(seed)
		}
		bubble(t, d, func(l *link) {
			all := some(150_000)
			go func() {
				for rest := all; len(rest) > 0; {
					n := min(len(rest), 1+r.IntN(30_000))
					_, _ = l.client.Write(rest[:n])
					rest = rest[n:]
					time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
					if r.IntN(3) == 0 { // also where they change meanwhile
						d.Latency = time.Duration(r.IntN(100)) * time.Millisecond
						l.relay.Set(faults.Faults{ToServer: d})
					}
				}
				_ = l.client.CloseWrite()
			}()
			got, err := l.rest()
			require.NoError(t, err)
			require.True(t, bytes.Equal(all, got), "seed %d", seed)
		})
	}
}
