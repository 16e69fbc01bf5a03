package hub

import (
	"reflect"

	"github.com/wsflow/wsflow/flow"
)

// A strictness knows which values of type T are streamed, and looks at the type only once, so that a value of a type
// that never is costs nothing.
type strictness[T any] struct {
	ask bool // T is an interface, or a type that knows, or a flow.Holder
}

// A knowing value says of itself whether it is streamed. Messages do.
type knowing interface{ IsStrict() bool }

func newStrictness[T any]() strictness[T] {
	t, knows, holder := reflect.TypeFor[T](), reflect.TypeFor[knowing](), reflect.TypeFor[flow.Holder]()
	return strictness[T]{ask: t.Kind() == reflect.Interface || t.Implements(knows) || t.Implements(holder)}
}

// check returns [ErrStreamed] for a value that lives only while it is being handed on. That is assumed of every
// holder that does not know.
func (s strictness[T]) check(v T) error {
	if !s.ask {
		return nil
	}
	switch h := any(v).(type) {
	case knowing:
		if !h.IsStrict() {
			return ErrStreamed
		}
	case flow.Holder:
		return ErrStreamed
	}
	return nil
}
