package flow

import "reflect"

// A Holder is a value whose content lives only while it is being handed on, such as a streamed message.
// An operator that lets emit return before the value has passed on (Async, Buffer, MapAsync)
// holds it, and releases it when what follows is done with it. Calls are balanced, and come from any goroutine. A panic of one ends
// the stream, and then not everything may be released that was held.
//
// What is made of Holders is held only if it is a Holder itself, as [Pair] and [Indexed] are. A slice is none: the values
// of a group (Grouped, Sliding, Batch) are held until emit has returned from it, and who keeps the group longer, as
// an Async behind it does, makes them strict before.
type Holder interface {
	Hold()
	Release()
}

// A keeper holds and releases values of type T. It looks at the type once, so that a value of a type
// that has nothing to hold costs nothing, and it works on pointers, so that no value is boxed.
type keeper[T any] uint8

// A composite is a Holder for what is in it, which may never be one. mayHold gets the composite itself, or
// what it is embedded in, which may be a Holder in other ways.
type composite interface{ mayHold(it any) bool }

const (
	keepNone  = iota
	keepByRef // *T has the methods of the Holder T
	keepValue // T is a pointer that is a Holder, or an interface whose values may be
)

func newKeeper[T any]() keeper[T] {
	if _, ok := any((*T)(nil)).(composite); ok {
		if made := any(new(T)).(composite); !made.mayHold(made) {
			return keepNone
		}
	}
	t := reflect.TypeFor[T]()
	is := t.Implements(reflect.TypeFor[Holder]())
	switch {
	case t.Kind() == reflect.Interface, is && t.Kind() == reflect.Pointer:
		return keepValue
	case is:
		return keepByRef
	default:
		return keepNone
	}
}

func (k keeper[T]) holder(v *T) (h Holder, ok bool) {
	switch k {
	case keepByRef:
		h, ok = any(v).(Holder)
	case keepValue:
		h, ok = any(*v).(Holder)
	}
	return h, ok
}

// hold holds *v if it is a Holder. What v points to lives on the heap already.
func (k keeper[T]) hold(v *T) {
	if k == keepNone {
		return
	}
	if h, ok := k.holder(v); ok {
		h.Hold()
	}
}

// release releases *v if it is a Holder, and clears it.
func (k keeper[T]) release(v *T) {
	var zero T
	if k == keepNone {
		*v = zero
		return
	}
	defer func() { *v = zero }() // also if Release panics
	if h, ok := k.holder(v); ok {
		h.Release()
	}
}

// cleanUp calls f, which releases what a run has kept, and then end: with err, or with the panic of a Release, since there is
// nothing around the end of a run that takes it.
func cleanUp(err error, f func(), end func(error)) {
	Guard(func(failed error) { end(orPanic(err, failed)) }, func() error {
		f()
		return nil
	})
}

// until holds v if it is a Holder, and returns end with the release of v before it: for what runs on another goroutine
// and is made of v.
func (k keeper[T]) until(v T, end func(error)) func(error) {
	if k == keepNone {
		return end
	}
	held := new(T)
	*held = v
	k.hold(held)
	return func(err error) {
		cleanUp(err, func() { k.release(held) }, end)
	}
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
	values := r.values
	r.values = values[:0]
	for i := range values {
		r.keep.release(&values[i])
	}
}
