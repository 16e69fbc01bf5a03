package flow

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBucketDoesNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(Rate{N: 3, Per: time.Second, Burst: 1}) // a third of a second is no number of nanoseconds
		for range 30_001 {
			time.Sleep(b.wait(1, true))
		}
		require.Equal(t, 10_000*time.Second, b.now())
	})
}

// Whatever comes when, in no time more passes than the bucket held at its beginning and what flowed in meanwhile.
func TestBucketNeverGivesTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			r := Rate{N: 1 + random.IntN(9), Per: time.Duration(1 + random.IntN(100)), Burst: 1 + random.IntN(9)}
			b := newBucket(r)
			type passed struct{ at, tokens int64 }
			var all []passed
			for range 100 {
				time.Sleep(time.Duration(random.IntN(30)))
				cost := random.IntN(r.Burst + 1)
				if b.wait(cost, false) == 0 {
					all = append(all, passed{int64(b.now()), int64(cost)})
				}
			}
			for i := range all {
				sum := int64(0)
				for _, p := range all[i:] {
					sum += p.tokens
					// (sum - Burst) / N * Per <= the time, without the division
					require.LessOrEqual(t, (sum-int64(r.Burst))*int64(r.Per), (p.at-all[i].at)*int64(r.N), "%v", r)
				}
			}
		}
	})
}

func TestBucketThatWouldTakeForeverIsNotOneThatTakesNoTime(t *testing.T) {
	const most = 1<<63 - 1
	b := newBucket(Rate{N: 1, Per: most / 4, Burst: 1})
	require.Zero(t, b.wait(1, true))
	require.Positive(t, b.wait(3, true))
	require.Positive(t, b.wait(most, true))
	require.Positive(t, newBucket(Rate{N: 2, Per: time.Hour}).wait(most, true))
	require.Zero(t, newBucket(Rate{N: 2, Per: time.Hour, Burst: most}).wait(1000, true))
}
