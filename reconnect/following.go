package reconnect

import "github.com/wsflow/wsflow/hub"

// A following knows where in a topic a run is. Offsets have no holes: so what comes after what was seen tells what is missing,
// whatever the server says.
type following[T any] struct {
	seen hub.Position
}

func (f *following[T]) position() hub.Position { return f.seen }

// follow returns an item as it continues what was seen. If news is false, it has been seen before.
func (f *following[T]) follow(item hub.Item[T]) (_ hub.Item[T], news bool) {
	at := item.Position
	switch {
	case f.seen.IsZero(), item.Reset:
	case at.Epoch != f.seen.Epoch:
		item.Reset, item.Missed = true, 0 // of a server that does not tell
	case at.Offset <= f.seen.Offset:
		return item, false
	default:
		item.Missed = at.Offset - f.seen.Offset
		if !item.NoValue {
			item.Missed--
		}
	}
	f.seen = at
	return item, true
}
