package hostile_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// both plays a row in virtual time with the default deadlines, and in real time with short ones.
func both(t *testing.T, o setup, short upgrade.Settings, play func(t *testing.T, s *site)) {
	t.Helper()
	o.short = &short
	everywhere(t, o, play)
}

// held is how many bytes are in use, without what is garbage.
func held() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A peer that sends pings without end and reads nothing.
func TestRow46PingFlood(t *testing.T) {
	// A TCP whose buffers are full may stop taking what comes before we have more to write: then a ping of ours decides.
	short := upgrade.Settings{WriteTimeout: 200 * time.Millisecond, PingInterval: time.Second, PongTimeout: 200 * time.Millisecond}
	both(t, setup{}, short, func(t *testing.T, s *site) {
		c := s.shake()
		pings := strings.Repeat(string(of(wstest.Frame{Opcode: protocol.OpPing, Payload: make([]byte, 125)})), 100)
		before, start := held(), time.Now()
		var sent atomic.Int64
		flooded := make(chan struct{})
		go func() {
			defer close(flooded)
			for {
				n, err := c.nc.Write([]byte(pings))
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		s.wantEnd(protocol.CloseAbnormal, false)
		after := held()
		took := time.Since(start)
		c.Cut()
		<-flooded
		grown := int64(after) - int64(before)
		t.Logf("%d pings taken, cut after %v; %d KiB more are held than before", sent.Load()/131, took.Round(time.Millisecond), grown>>10)
		require.Less(t, grown, int64(4<<20))
	})
}

func TestRow47UnsolicitedPong(t *testing.T) {
	rtt := make(chan time.Duration, 100)
	measured := func(in source) source {
		return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
			rtt <- upgrade.FromContext(ctx).RoundTripTime()
			return m, nil
		})
	}
	everywhere(t, setup{handler: measured}, func(t *testing.T, s *site) {
		c := s.shake()
		for _, payload := range []string{"", "unasked", "\x00\x00\x00\x00\x00\x00\x00\x01", strings.Repeat("x", 125)} {
			c.WriteFrames(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte(payload)})
		}
		c.goodbye() // nothing was answered
		require.Zero(t, <-rtt)
	})
}

// A peer that reads a byte a second, of a source that has no end.
func TestRow48PeerThatReadsSlowly(t *testing.T) {
	var emitted atomic.Int64
	endless := func(source) source {
		return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
			for {
				if err := emit(message.Text(strings.Repeat("x", 1000))); err != nil {
					return err
				}
				emitted.Add(1)
			}
		})
	}
	short := upgrade.Settings{WriteTimeout: 200 * time.Millisecond}
	both(t, setup{handler: endless}, short, func(t *testing.T, s *site) {
		emitted.Store(0)
		c := s.shake()
		before, start := held(), time.Now()
		pause := time.Second
		if s.tcp {
			pause = 10 * time.Millisecond
		}
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			for {
				if _, err := c.nc.Read(make([]byte, 1)); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}()
		s.wantEnd(protocol.CloseAbnormal, false)
		took, grown := time.Since(start), int64(held())-int64(before)
		c.Cut()
		<-reading
		t.Logf("the source was asked for %d messages of 1000 bytes, cut after %v; %d KiB more are held than before",
			emitted.Load(), took.Round(time.Millisecond), grown>>10)
		if !s.tcp { // how much a socket takes is the system's choice
			require.Less(t, emitted.Load(), int64(300))
			require.LessOrEqual(t, took, 13*time.Second) // the write deadline moves in steps of a quarter
		}
		require.Less(t, grown, int64(4<<20))
	})
}

// A peer that sends a byte a second.
func TestRow49PeerThatSendsSlowly(t *testing.T) {
	short := upgrade.Settings{MessageTimeout: 100 * time.Millisecond}
	both(t, setup{settings: upgrade.Settings{PingInterval: -1}}, short, func(t *testing.T, s *site) {
		c := s.shake()
		pause := time.Second
		if s.tcp {
			pause = 10 * time.Millisecond
		}
		start := time.Now()
		sending := make(chan struct{})
		go func() {
			defer close(sending)
			for _, b := range of(wstest.TextFrame(strings.Repeat("x", 10_000))) {
				if _, err := c.nc.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}()
		c.ExpectClose(protocol.ClosePolicyViolation)
		took := time.Since(start)
		c.Cut()
		<-sending
		s.wantEnd(protocol.ClosePolicyViolation, false)
		s.wantSeen()
		t.Logf("closed with 1008 after %v", took.Round(time.Millisecond))
		if !s.tcp {
			require.Equal(t, time.Minute, took.Round(time.Second))
		}
	})
}

func TestRow50SilentPeer(t *testing.T) {
	short := upgrade.Settings{PingInterval: 20 * time.Millisecond, PongTimeout: 20 * time.Millisecond}
	both(t, setup{}, short, func(t *testing.T, s *site) {
		start := time.Now()
		c := s.shake()
		require.Equal(t, protocol.OpPing, c.ReadFrame().Opcode)
		f, err := c.TryReadFrame()
		for ; err == nil; f, err = c.TryReadFrame() { // more of them, if the machine is slower than the deadline
			require.Equal(t, protocol.OpPing, f.Opcode)
		}
		if !s.tcp {
			require.Equal(t, 40*time.Second, time.Since(start).Round(time.Second))
			t.Logf("cut after %v", time.Since(start))
		}
		s.wantEnd(protocol.CloseAbnormal, false)
	})
}
