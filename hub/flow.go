package hub

import (
	"context"
	"sync"

	"github.com/wsflow/wsflow/flow"
)

// Flow returns a flow that starts two goroutines: it publishes what comes in, and gives what is published, also by
// itself, as the options say. It is [Topic.Sink] and [Topic.Subscribe] in one, for a connection, joined as the two
// need it:
//
//   - The subscriber is there before the input is started, so it gets all that comes in.
//   - Once the topic has ended, what comes in is dropped. The stream goes on until the subscriber has all that was
//     published before, and ends as the topic has.
//   - When the input ends, the subscriber leaves at once, with what waits for it, and the stream ends with what the
//     input has ended with. So an error of the input may overtake values.
//   - When the subscriber ends first, by its policy, the input is cancelled.
//
// With Backpressure the input waits too while its own subscriber does not keep up.
//
// Options that cannot work with the topic's settings panic.
//
//	in        --1-----3--|
//	Publish   -----2---------4
//	out       --1--2--3--|
func (t *Topic[T]) Flow(options Options) flow.Flow[T, Item[T]] {
	options = t.settings.check(options)
	return func(in flow.Source[T]) flow.Source[Item[T]] {
		return flow.FromFunc(func(ctx context.Context, emit func(Item[T]) error) error {
			return t.connect(ctx, options, in, emit)
		}).Named("Topic", flow.Describe(in))
	}
}

// Flow is [Topic.Flow]. The topic is there for as long as a run of the stream is. A run that would make one beyond
// TopicsSettings.Max fails with [ErrTooManyTopics].
func (t *Topics[K, T]) Flow(topic K, options Options) flow.Flow[T, Item[T]] {
	options = t.settings.Topic.check(options)
	return func(in flow.Source[T]) flow.Source[Item[T]] {
		return flow.FromFunc(func(ctx context.Context, emit func(Item[T]) error) error {
			r, err := t.enter(topic)
			if r == nil { // the input may be one-shot, and has something to give back then
				return beside(flow.Ignore[T](), in, flow.Fail[Item[T]](err)).Run(ctx, emit)
			}
			defer t.leave(topic, r)
			return r.connect(ctx, options, in, emit)
		}).Named("Topics", flow.Describe(in))
	}
}

// beside runs in, and gives what out does.
func beside[T, R, O any](sink flow.Sink[T, R], in flow.Source[T], out flow.Source[O]) flow.Source[O] {
	return flow.FromSinkAndSource(sink, out)(in)
}

func (t *Topic[T]) connect(ctx context.Context, o Options, in flow.Source[T], emit func(Item[T]) error) error {
	s := &subscriber[T]{sleeper: newSleeper(), topic: t}
	s.enter(o)
	leave := sync.OnceFunc(s.leave)
	defer leave()
	heard := flow.FromFunc(func(ctx context.Context, emit func(Item[T]) error) error {
		defer leave() // before the input has ended: nobody waits for what is not coming any more
		defer s.watch(ctx)()
		return s.run(ctx, emit)
	})
	said := flow.ForEach(func(ctx context.Context, v T) error {
		if t.ending.Load() != nil {
			return nil
		}
		_, err := t.Publish(ctx, v)
		if _, late := err.(*refusal); late {
			return nil
		}
		return err
	})
	return beside(said, in, heard).Run(ctx, emit)
}
