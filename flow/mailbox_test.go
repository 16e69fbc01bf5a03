package flow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMailboxIsAQueueWhileItGrowsAndTurns(t *testing.T) {
	m := newMailbox[int](50)
	put, taken := 0, 0
	for round := range 200 {
		for range round % 60 {
			if m.put(put, refuse) == Taken {
				put++
			} else {
				require.Equal(t, 50, m.len())
			}
		}
		for range round % 37 {
			if m.len() == 0 {
				break
			}
			var v int
			ok, _, _ := m.take(nil, &v)
			require.True(t, ok)
			require.Equal(t, taken, v)
			taken++
		}
		require.LessOrEqual(t, len(m.slots), 50)
	}
}

func TestEmptyMailboxKeepsLittleMemory(t *testing.T) {
	m := newMailbox[int](1000)
	for v := range 1000 {
		m.put(v, refuse)
	}
	var v int
	for range 1000 {
		_, _, _ = m.take(nil, &v)
	}
	done := make(chan struct{})
	close(done)
	_, stopped, _ := m.take(done, &v)
	require.True(t, stopped)
	require.LessOrEqual(t, len(m.slots), mailboxKept)
	require.Equal(t, Taken, m.put(1, refuse))
}
