package flow

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAlarmRingsAtTheTimeThatItWasSetToLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var rang []time.Duration
		var a alarm
		a.ring = func() {
			rang = append(rang, time.Since(start))
			if len(rang) == 1 {
				a.set(5 * time.Second)
			}
		}
		a.set(time.Second)
		a.set(3 * time.Second)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []time.Duration{3 * time.Second, 8 * time.Second}, rang)
		a.set(time.Second)
		a.stop()
		a.set(time.Second)
		time.Sleep(time.Minute)
		require.Len(t, rang, 2)
	})
}

func TestStoppedAlarmHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left := false
		a := alarm{ring: func() {
			time.Sleep(time.Minute)
			left = true
		}}
		a.set(time.Second)
		time.Sleep(2 * time.Second)
		a.stop()
		require.True(t, left)
		a.stop() // again
		new(alarm).stop()
	})
}
