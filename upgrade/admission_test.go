package upgrade

import (
	"math"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/bucket"
)

func TestKeysThatAreAtRestAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rate := bucket.New(1, time.Second, 10)
		a := &admission{keyPlaces: 10, keyRate: &rate, start: time.Now()}
		visit := func(key int, leave bool) {
			p, limit, _ := a.take(strconv.Itoa(key))
			require.Empty(t, limit)
			if leave {
				p.release()
			}
		}
		for i := range 100 {
			visit(-1-i, false)
		}
		most := 0
		for i := range 100_000 { // a new one every millisecond, whose bucket is full a second later
			time.Sleep(time.Millisecond)
			visit(i, true)
			most = max(most, len(a.keys))
		}
		require.Less(t, most, 4*(100+1000))
		for range 10 { // it becomes quiet
			time.Sleep(time.Minute)
			visit(0, true)
		}
		require.LessOrEqual(t, len(a.keys), 101)
		for i := range 100 {
			require.Equal(t, 1, a.keys[strconv.Itoa(-1-i)].places, "one that has a connection is kept")
		}
	})
}

func TestAKeyWithoutARateIsForgottenWithItsLastConnection(t *testing.T) {
	a := &admission{keyPlaces: 2, start: time.Now()}
	p, _, _ := a.take("a")
	q, _, _ := a.take("a")
	p.release()
	p.release() // again
	require.Len(t, a.keys, 1)
	require.Equal(t, 1, a.taken)
	q.release()
	require.Empty(t, a.keys)
	require.Zero(t, a.taken)
}

func TestAKeyIsNotForgottenWhileItsBucketFills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rate := bucket.New(1, time.Hour, 1)
		a := &admission{keyRate: &rate, start: time.Now()}
		p, _, _ := a.take("a")
		p.release()
		for i := range 1000 {
			time.Sleep(3 * time.Second)
			p, _, _ := a.take(strconv.Itoa(i))
			p.release()
		}
		_, limit, wait := a.take("a")
		require.Equal(t, LimitHandshakeRatePerKey, limit)
		require.Equal(t, 10*time.Minute, wait)
	})
}

func TestWhatIsRefusedTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, each := bucket.New(2, time.Hour, 2), bucket.New(1, time.Hour, 1)
		a := &admission{places: 2, rate: &all, keyRate: &each, start: time.Now()}
		_, limit, _ := a.take("a")
		require.Empty(t, limit)
		for range 10 {
			_, limit, _ = a.take("a")
			require.Equal(t, LimitHandshakeRatePerKey, limit)
			limit, _ = a.look("b")
			require.Empty(t, limit)
		}
		_, limit, _ = a.take("b")
		require.Empty(t, limit)
		for range 10 {
			_, limit, _ = a.take("c")
			require.Equal(t, LimitConnections, limit)
		}
		require.NotContains(t, a.keys, "c")
	})
}

func TestRetryAfterIsRoundedUpToSeconds(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0: "5", // nobody knows
		1: "1", time.Second - 1: "1", time.Second: "1", time.Second + 1: "2", time.Hour: "3600", math.MaxInt64: "9223372037",
	} {
		require.Equal(t, want, overLimit(LimitHandshakeRate, wait).Header.Get("Retry-After"), wait)
	}
}

func TestWithoutLimitsNothingIsAllocated(t *testing.T) {
	var u Upgrader
	q := new(Request)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if u.hasRoom(q) != nil {
			t.Error("refused")
		}
		p, _ := u.admit(q)
		p.release()
		var r *rates
		r.waits()
		r.waited()
		_ = r.came(1)
	}))
	require.Nil(t, u.admission)
	set := u.settings()
	require.Nil(t, newRates(set, time.Now(), 0))
}
