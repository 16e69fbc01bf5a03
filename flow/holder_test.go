package flow

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type counted struct{ holds *int }

func (c counted) Hold()    { *c.holds++ }
func (c counted) Release() { *c.holds-- }

func TestKeeperHoldsWithoutBoxing(t *testing.T) {
	n := 0
	holds := func(name string, times int, keep func()) {
		t.Helper()
		n = 0
		keep()
		require.Equal(t, times, n, name)
		require.Zero(t, testing.AllocsPerRun(10, keep), name)
	}
	number, value, pointer := new(int), new(counted), new(*counted)
	boxed, other := new(any), new(any)
	holds("int", 0, func() { *number = 1000; newKeeper[int]().hold(number) })
	holds("struct", 1, func() { *value = counted{&n}; newKeeper[counted]().hold(value) })
	holds("pointer", 1, func() { *pointer = value; newKeeper[*counted]().hold(pointer) })
	*boxed, *other = any(value), any("text")
	holds("interface", 1, func() { newKeeper[any]().hold(boxed) })
	holds("interface without", 0, func() { newKeeper[any]().hold(other) })

	n = 1
	newKeeper[counted]().release(value)
	require.Zero(t, n)
	require.Zero(t, *value) // cleared
}

func TestPairOfNoHoldersCostsNothing(t *testing.T) {
	require.EqualValues(t, keepNone, newKeeper[Pair[int, string]]())
	require.EqualValues(t, keepNone, newKeeper[Indexed[Pair[int, string]]]())
	require.EqualValues(t, keepByRef, newKeeper[Pair[int, *counted]]())
	require.EqualValues(t, keepByRef, newKeeper[Indexed[any]]())
	require.EqualValues(t, keepByRef, newKeeper[embedding]())
}

type embedding struct {
	*Pair[int, string]
	counted
}

func (e embedding) Hold()    { e.counted.Hold() }
func (e embedding) Release() { e.counted.Release() }
