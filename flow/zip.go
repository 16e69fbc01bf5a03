package flow

import "context"

// Zip starts a goroutine for each source: it emits the first values of both as a pair, then the second ones, and
// so on. It is complete, or fails, as soon as one source is at its end and all its values have been emitted; the
// other one is cancelled then, and values of it that have no partner are dropped. Up to 32 values of a source
// wait for those of the other.
//
// What Akka calls zipWith is [Map] over Zip.
//
//	a       --1-----2--3--|
//	b       -----a--b-------c--d--|
//	Zip
//	out     -----1a-2b------3c|
func Zip[A, B any](a Source[A], b Source[B]) Source[Pair[A, B]] {
	return Source[Pair[A, B]]{
		start: func(ctx context.Context, emit func(Pair[A, B]) error, end func(error)) {
			Go(ctx, func() {
				in := newInputs(ctx)
				z := &zip[A, B]{in: in, a: addInput(in, a), b: addInput(in, b), emit: emit}
				in.run(z.pass, end)
			})
		},
		node: &Node{Name: "Zip", Inputs: []*Node{a.describe(), b.describe()}},
	}
}

// A zip is one run of Zip.
type zip[A, B any] struct {
	in   *inputs
	a    *pull[A]
	b    *pull[B]
	emit func(Pair[A, B]) error
}

func (z *zip[A, B]) pass() error {
	for {
		a, ended := z.a.look()
		if ended {
			return z.a.ring.err
		}
		b, ended := z.b.look()
		if ended {
			return z.b.ring.err
		}
		var err error
		if a == nil || b == nil {
			err = z.in.wait()
		} else {
			err = z.handOn(a, b)
		}
		if err != nil {
			return err
		}
	}
}

func (z *zip[A, B]) handOn(a *A, b *B) error {
	if err := z.in.cancelled(); err != nil {
		return err
	}
	pair := Pair[A, B]{z.a.get(a), z.b.get(b)}
	defer func() {
		z.a.letGo()
		z.b.letGo()
	}()
	return z.emit(pair)
}

// ZipN is [Zip] for any number of sources of one type: it starts a goroutine for each of them, and emits their
// first values, then their second ones, in the order of the sources. The slice is the receiver's to keep, but
// values that are Holders live until emit returns. Without sources it is empty.
//
//	a       --1-----2--3--|
//	b       -----4--5-------6--7--|
//	ZipN
//	out     -----14-25------36|
func ZipN[T any](sources ...Source[T]) Source[[]T] {
	return pulling("ZipN", sources, func(in *inputs, all []*pull[T], emit func([]T) error) error {
		slots := make([]*T, len(all))
		for {
			quiet := false
			for i, p := range all {
				slot, ended := p.look()
				if ended {
					return p.ring.err
				}
				slots[i] = slot
				quiet = quiet || slot == nil
			}
			var err error
			if quiet {
				err = in.wait()
			} else {
				err = handOnAll(in, all, slots, emit)
			}
			if err != nil {
				return err
			}
		}
	})
}

func handOnAll[T any](in *inputs, all []*pull[T], slots []*T, emit func([]T) error) error {
	if err := in.cancelled(); err != nil {
		return err
	}
	values := make([]T, len(all))
	for i, p := range all {
		values[i] = p.get(slots[i])
	}
	defer func() {
		for _, p := range all {
			p.letGo()
		}
	}()
	return emit(values)
}
