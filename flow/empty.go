package flow

// Empty has no values and ends at once. It is the zero Source.
//
//	Empty
//	out     |
func Empty[T any]() Source[T] {
	return Source[T]{}
}
