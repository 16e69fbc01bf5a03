package hub

import (
	"reflect"

	"github.com/wsflow/wsflow/flow"
)

// A keeper knows what there is to hold in values of type T, and looks at the type only once.
type keeper[T any] struct {
	mayHold bool // T, *T or what is in the interface T may be a flow.Holder
}

func newKeeper[T any]() keeper[T] {
	t, holder := reflect.TypeFor[T](), reflect.TypeFor[flow.Holder]()
	return keeper[T]{mayHold: t.Kind() == reflect.Interface || t.Implements(holder) || reflect.PointerTo(t).Implements(holder)}
}

// holder looks at *v, and not at v, only where it must: boxing it costs an allocation.
func (k keeper[T]) holder(v *T) (h flow.Holder, ok bool) {
	if !k.mayHold {
		return nil, false
	}
	if h, ok = any(v).(flow.Holder); !ok {
		h, ok = any(*v).(flow.Holder)
	}
	return h, ok
}

func (k keeper[T]) hold(v *T) {
	if h, ok := k.holder(v); ok {
		h.Hold()
	}
}

func (k keeper[T]) release(v *T) {
	if h, ok := k.holder(v); ok {
		h.Release()
	}
}
