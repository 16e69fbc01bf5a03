package flow

import "context"

// SplitWhen runs on a goroutine of its own, as [FromFunc] does, and cuts in into substreams: one begins with the first
// value, and one with each value for which first reports true. Each of them goes through a run of flow, and the
// stream is what comes of these runs, one after the other: the next one begins when the one before has ended, and in
// waits for that. Synchronous flows cost no switch of goroutines. An empty in has no substreams.
//
// If a flow ends before its substream, the rest of the substream is dropped. If a flow fails, in is stopped, and the
// stream fails with its error. An error of in goes to the flow at work, and the stream ends with what becomes of it
// there; if the flow drops it, with the error itself. The source that a flow gets is one-shot; in waits until the
// flow starts it.
//
//	in         --1--2--3--4--5--6--|
//	SplitWhen  v is divisible by 3; sum
//	out        --------3--------12-6|
func SplitWhen[I, O any](in Source[I], first func(I) bool, flow Flow[I, O]) Source[O] {
	return splitInto("SplitWhen", in, flow, func(s *split[I, O]) func(I) error {
		return func(v I) error {
			if first(v) && s.fed != nil {
				if err := s.cut(); err != nil {
					return err
				}
			}
			return s.take(v)
		}
	})
}

// SplitAfter is [SplitWhen], on a goroutine of its own too, for what marks the end of a substream: a value for which last
// reports true is the last of its substream, which ends with it at once.
//
//	in          --1--2--3--4--5--6--|
//	SplitAfter  v is divisible by 3; sum
//	out         --------6--------15-|
func SplitAfter[I, O any](in Source[I], last func(I) bool, flow Flow[I, O]) Source[O] {
	return splitInto("SplitAfter", in, flow, func(s *split[I, O]) func(I) error {
		return func(v I) error {
			end := last(v)
			if err := s.take(v); err != nil || !end {
				return err
			}
			return s.cut()
		}
	})
}

func splitInto[I, O any](name string, in Source[I], flow Flow[I, O], take func(*split[I, O]) func(I) error) Source[O] {
	return derive(name, in, func(ctx context.Context, emit func(O) error, end func(error)) {
		Go(ctx, func() {
			s := &split[I, O]{relay: newRelay[I, O](ctx, emit, end), current: newEnding()}
			s.flow = func(_ context.Context, in Source[I]) (Source[O], error) { return flow(in), nil }
			in.Start(s.input, take(s), func(err error) { s.inputEnded(err, false) })
		})
	})
}

// A split is one run of SplitWhen or SplitAfter.
type split[I, O any] struct {
	*relay[I, O]
	flow    func(context.Context, Source[I]) (Source[O], error)
	current ending // of the flow at work
}

// take hands v to the flow at work, and starts one if there is none.
func (s *split[I, O]) take(v I) error {
	if s.fed == nil {
		s.current.reset()
		s.begin("Substream", s.flow, func() {}, s.ended)
	}
	return s.handOn(v)
}

func (s *split[I, O]) ended(err error) {
	s.fail(err)
	if err != nil {
		s.enough()
	}
	// In this order: in goes on when it knows of the end, and may be the last.
	defer s.done()
	s.current.ended(err)
}

// cut ends the substream and waits for its flow to end.
func (s *split[I, O]) cut() error {
	fed := s.fed
	s.fed = nil
	fed.close(nil)
	if s.current.await() != nil {
		return context.Cause(s.input)
	}
	return nil
}
