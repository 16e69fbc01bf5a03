package bucket_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/bucket"
)

func TestAFullBucketLetsTheBurstPassAndThenTheRate(t *testing.T) {
	r := bucket.New(10, time.Second, 3)
	var b bucket.Bucket
	for range 3 {
		wait, ok := r.Take(&b, time.Hour, 1, 0)
		require.True(t, ok)
		require.Zero(t, wait)
	}
	for range 2 { // what is refused takes nothing
		wait, ok := r.Take(&b, time.Hour, 1, 0)
		require.False(t, ok)
		require.Equal(t, 100*time.Millisecond, wait)
	}
	_, ok := r.Take(&b, time.Hour+100*time.Millisecond-1, 1, 0)
	require.False(t, ok)
	_, ok = r.Take(&b, time.Hour+100*time.Millisecond, 1, 0)
	require.True(t, ok)
}

func TestABucketHoldsTheTokensOfThePeriodUnlessABurstIsGiven(t *testing.T) {
	r := bucket.New(10, time.Minute, 0)
	require.Equal(t, time.Minute, r.Fill())
	var b bucket.Bucket
	_, ok := r.Take(&b, 0, 10, 0)
	require.True(t, ok)
	_, ok = r.Take(&b, 0, 1, 0)
	require.False(t, ok)
}

func TestPatienceIsHowFarABucketGoesIntoDebt(t *testing.T) {
	r := bucket.New(1, time.Second, 1)
	var b bucket.Bucket
	wait, ok := r.Take(&b, 0, 3, 2*time.Second)
	require.True(t, ok)
	require.Equal(t, 2*time.Second, wait)
	wait, ok = r.Take(&b, 0, 1, 2*time.Second)
	require.False(t, ok)
	require.Equal(t, 3*time.Second, wait)
}

func TestABucketIsFullAgainAfterItsTime(t *testing.T) {
	r := bucket.New(3, time.Second, 3) // a third of a second is no number of nanoseconds
	var b bucket.Bucket
	require.True(t, b.IsFull(-1))
	_, _ = r.Take(&b, 0, 1, 0)
	require.False(t, b.IsFull(time.Second/3))
	require.True(t, b.IsFull(time.Second/3+1))
	_, _ = r.Take(&b, 0, 2, 0)
	require.False(t, b.IsFull(time.Second-1))
	require.True(t, b.IsFull(time.Second))
}

func TestTimeThatGoesBackwardsIsHarmless(t *testing.T) {
	r := bucket.New(1, time.Second, 1)
	var b bucket.Bucket
	_, ok := r.Take(&b, -time.Hour, 1, 0)
	require.True(t, ok)
	wait, ok := r.Take(&b, -math.MaxInt64, 1, 0)
	require.False(t, ok)
	require.Equal(t, time.Second, wait)
}

func TestNoCostOverflows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	big := func() int { return int(random.Uint64()>>1) >> random.IntN(63) }
	for range 100_000 {
		r := bucket.New(1+big()/2, time.Duration(1+big()/2), big())
		var b bucket.Bucket
		now := time.Duration(big())
		for range 4 {
			wait, ok := r.Take(&b, now, big(), time.Duration(big()))
			require.GreaterOrEqual(t, wait, time.Duration(0))
			require.True(t, ok || wait > 0)
		}
	}
}
