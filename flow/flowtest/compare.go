package flowtest

import (
	"reflect"
	"slices"
)

// matches reports whether the values of a stream that was complete are as wanted.
func matches[O any](got, want []O, o *options) bool {
	return (o.lossy || len(got) == len(want)) && starts(got, want, o)
}

// starts reports whether want may begin with got.
func starts[O any](got, want []O, o *options) bool {
	rest := slices.Clone(want)
	for _, v := range got {
		i := slices.IndexFunc(rest, func(w O) bool { return reflect.DeepEqual(v, w) })
		switch {
		case i < 0, i > 0 && !o.unordered && !o.lossy:
			return false
		case o.unordered:
			rest = slices.Delete(rest, i, i+1)
		default:
			rest = rest[i+1:]
		}
	}
	return true
}
