package flow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The clock of what a stage feeds is put together of two readings, and may seem to run backwards when the goroutine
// had to wait between them.
func TestMeterOutlivesAClockThatRunsBackwards(t *testing.T) {
	var m meter
	for _, times := range [][2]int64{{100, 40}, {50, 60}, {-5, 0}} {
		began := m.start(times[0])
		_, running := m.at(times[0])
		require.True(t, running)
		m.stop(began, times[1])
		sum, running := m.at(1_000_000)
		require.False(t, running, "it would be taken to be at work since the beginning")
		require.Less(t, sum, int64(100))
	}
}
