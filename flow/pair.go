package flow

// A Pair is two values of different sources that belong together. It is a [Holder], so that an operator that
// keeps it back holds what is in it.
type Pair[A, B any] struct {
	First  A
	Second B
}

// Hold holds the values that are Holders.
func (p Pair[A, B]) Hold() {
	holdOne(p.First)
	holdOne(p.Second)
}

// Release releases the values that are Holders.
func (p Pair[A, B]) Release() {
	releaseOne(p.First)
	releaseOne(p.Second)
}

// holdOne and releaseOne copy v only where there is something to do, so that all others stay off the heap.
func holdOne[T any](v T) {
	if keep := newKeeper[T](); keep != keepNone {
		held := v
		keep.hold(&held)
	}
}

func releaseOne[T any](v T) {
	if keep := newKeeper[T](); keep != keepNone {
		held := v
		keep.release(&held)
	}
}
