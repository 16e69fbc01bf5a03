package flow

// A Holder is a value whose content lives only while it is being handed on, such as a streamed message.
// An operator that lets emit return before the value has passed on (Async, Buffer, MapAsync)
// holds it, and releases it when what follows is done with it. Calls are balanced, and come from any goroutine.
type Holder interface {
	Hold()
	Release()
}

// hold holds v if it is a Holder, and reports whether it is.
func hold[T any](v T) bool {
	h, ok := any(v).(Holder)
	if ok {
		h.Hold()
	}
	return ok
}

func release[T any](v T) {
	if h, ok := any(v).(Holder); ok {
		h.Release()
	}
}
