package hub

import (
	"context"
	"errors"

	"github.com/wsflow/wsflow/flow"
)

// A Broker is what [Topics] do within one process and a message broker can do for many: code that is written for it
// goes from one to the other. It promises only what both can keep:
//
//   - Publish returns when the value has its place among those of the topic. What it waits for is the broker's to say.
//   - The values of a topic have one order. Each run of what Subscribe returns gets them in this
//     order and none twice; of those it does not get, the next item says how many, or Reset.
//   - A position that an item had can be given as Options.After, also to another instance of the same
//     broker. It need not be one more than the one before.
//   - Options that the broker cannot keep to panic in Subscribe.
type Broker[K comparable, T any] interface {
	Publish(ctx context.Context, topic K, v T) (Position, error)
	Subscribe(topic K, options Options) flow.Source[Item[T]]
}

// PublishTo returns a sink that publishes each value of a stream to a topic of b; its result is the position of the
// last one. Its stream goes on when b is closed: what is refused with [ErrClosed] is dropped, so that in a coupled pair
// with what Subscribe returned this delivers what was published before. Other errors of Publish end the run. Like any
// sink it may begin before the subscription does; where there are [Topics], [Topics.Flow] knows better.
func PublishTo[K comparable, T any](b Broker[K, T], topic K) flow.Sink[T, Position] {
	return flow.NewSink("PublishTo", func(ctx context.Context, in flow.Source[T]) (last Position, err error) {
		err = in.Run(ctx, func(v T) error {
			position, err := b.Publish(ctx, topic, v)
			switch {
			case err == nil:
				last = position
			case !errors.Is(err, ErrClosed):
				return err
			}
			return nil
		})
		return last, err
	})
}

var _ Broker[string, int] = (*Topics[string, int])(nil)
