package flow

// A retained holds values that an operator keeps back, until all of them are released at once. It keeps copies, since
// what is emitted belongs to what follows, which may change it; of values that are no Holders it keeps nothing.
type retained[T any] struct {
	keep   keeper[T]
	values []T
}

func (r *retained[T]) hold(v T) {
	if r.keep == keepNone {
		return
	}
	r.values = append(r.values, v)
	r.keep.hold(&r.values[len(r.values)-1])
}

func (r *retained[T]) release() {
	for i := range r.values {
		r.keep.release(&r.values[i])
	}
	r.values = r.values[:0]
}
