package hub

import (
	"context"

	"github.com/wsflow/wsflow/flow"
)

// An Item is what a subscriber gets: a value and its position, and how many values before it are missing. If none has
// come after those that are missing yet, the item says only that, and has no value.
type Item[T any] struct {
	// Position is that of the value. Without a value it is that of the last one that is missing, or, of a Reset or with
	// Options.Announce, that which the subscription goes on from. A subscriber that returns with it gets what comes after.
	Position Position
	Value    T // the zero value if NoValue is set

	// Missed is how many values the subscriber did not get between the item before, or the position that it
	// subscribed from, and this one.
	Missed uint64

	// Reset says that what the subscriber knows is of no use: the position it came back with is not of this topic,
	// and how many values it has missed is not known. Only the first item can have it.
	Reset bool

	// NoValue says that the item tells of missing values, or of its position, only.
	NoValue bool
}

// Values leaves out what an item says besides its value, for subscribers that do not care what they have missed.
//
//	in      --1(1)--2(2)--3 missed--6(6)--|
//	Values
//	out     --1-----2---------------6-----|
func Values[T any](in flow.Source[Item[T]]) flow.Source[T] {
	type next = func(Item[T]) error
	return flow.Operator("Values", in, func(_ context.Context, emit func(T) error, end func(error)) (next, func(error)) {
		return func(item Item[T]) error {
			if item.NoValue {
				return nil
			}
			return emit(item.Value)
		}, end
	})
}
