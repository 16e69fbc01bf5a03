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

func (*Pair[A, B]) mayHold(it any) bool {
	_, itself := it.(*Pair[A, B])
	return !itself || newKeeper[A]() != keepNone || newKeeper[B]() != keepNone
}
