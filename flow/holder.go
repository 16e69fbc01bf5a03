package flow

import "reflect"

// A Holder is a value whose content lives only while it is being handed on, such as a streamed message.
// An operator that lets emit return before the value has passed on (Async, Buffer, MapAsync)
// holds it, and releases it when what follows is done with it. Calls are balanced, and come from any goroutine.
type Holder interface {
	Hold()
	Release()
}

// A keeper holds and releases values of type T. It looks at the type once, so that a value of a type
// that has nothing to hold costs nothing, and it works on pointers, so that no value is boxed.
type keeper[T any] uint8

const (
	keepNone  = iota
	keepByRef // *T has the methods of the Holder T
	keepValue // T is a pointer that is a Holder, or an interface whose values may be
)

func newKeeper[T any]() keeper[T] {
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
	if k != keepNone {
		if h, ok := k.holder(v); ok {
			h.Release()
		}
	}
	var zero T
	*v = zero
}
