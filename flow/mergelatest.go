package flow

import "context"

// MergeLatest runs each source on a goroutine of its own: whenever one of them has a new value it emits the latest values
// of all, in the order of the sources, once each has had one. It is complete when all sources are; the first error
// cancels the others and ends the stream. The slice is the receiver's to keep, but values that are Holders
// live until emit returns. [ZipLatest] is the same for two sources of different types that end together. This is
// what other libraries call combineLatest.
//
//	a            --1-------2--------|
//	b            -----3-------4--5--|
//	MergeLatest
//	out          -----13---23-24-25-|
func MergeLatest[T any](sources ...Source[T]) Source[[]T] {
	numbered := make([]Source[numberedValue[T]], len(sources))
	for i, s := range sources {
		numbered[i] = Map(s, func(v T) numberedValue[T] { return numberedValue[T]{i, v} })
	}
	merged := operator("MergeLatest", Merge(numbered...), func(
		_ context.Context, emit func([]T) error, end func(error),
	) (func(numberedValue[T]) error, func(error)) {
		l := &latest[T]{values: make([]T, len(sources)), has: make([]bool, len(sources)), missing: len(sources), keep: newKeeper[T](), emit: emit}
		return l.take, func(err error) {
			cleanUp(err, l.forgetAll, end)
		}
	})
	merged.node = &Node{Name: "MergeLatest", Inputs: describeAll(sources)}
	return merged
}

type numberedValue[T any] struct {
	source int
	v      T
}

// A latest is one run of MergeLatest.
type latest[T any] struct {
	values  []T
	has     []bool
	missing int // sources that have had no value yet
	keep    keeper[T]
	emit    func([]T) error
}

func (l *latest[T]) take(n numberedValue[T]) error {
	if !l.has[n.source] {
		l.missing--
	}
	l.forget(n.source)
	l.values[n.source], l.has[n.source] = n.v, true
	l.keep.hold(&l.values[n.source])
	if l.missing > 0 {
		return nil
	}
	return l.emit(append([]T(nil), l.values...))
}

func (l *latest[T]) forget(i int) {
	if l.has[i] {
		l.has[i] = false
		l.keep.release(&l.values[i])
	}
}

func (l *latest[T]) forgetAll() {
	for i := range l.values {
		l.forget(i)
	}
}
