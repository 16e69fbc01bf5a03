package main

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuestionsWithoutAnAnswerCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{due: make(map[int]time.Time)}
		c.asked(1, time.Now())
		c.asked(2, time.Now())
		time.Sleep(time.Millisecond)
		c.answered(2)
		time.Sleep(6 * honestPause)
		sample := c.look(new(row))
		require.Len(t, sample, 7) // one answer, and six that were due
		require.Equal(t, 6*honestPause+time.Millisecond, slices.Max(sample))
		require.Equal(t, time.Millisecond, slices.Min(sample))
		time.Sleep(honestPause)
		c.answered(1)
		sample = c.look(new(row))
		require.Equal(t, []time.Duration{7*honestPause + time.Millisecond}, sample)
	})
}
