package flow

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestGateLetsOneIn(t *testing.T) {
	g := newGate()
	inside, passed := 0, 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5000 {
				if !g.lock(nil) {
					t.Error("called off")
				}
				inside++
				if inside != 1 {
					t.Error("not alone")
				}
				passed++
				inside--
				g.unlock()
			}
		})
	}
	all.Wait()
	require.Equal(t, 8*5000, passed)
}

func TestVirtualTimeGoesOnBeforeAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		g.lock(nil)
		done := make(chan struct{})
		time.AfterFunc(time.Hour, func() { close(done) })
		require.False(t, g.lock(done))
		g.unlock()
		require.True(t, g.lock(done))
	})
}

// Whoever holds the gate again and again lets those who wait through in the end.
func TestGateIsNotKeptForever(t *testing.T) {
	g := newGate()
	got := make(chan struct{})
	g.lock(nil)
	go func() {
		g.lock(nil)
		close(got)
		g.unlock()
	}()
	for {
		g.unlock()
		select {
		case <-got:
			return
		default:
		}
		g.lock(nil)
	}
}
