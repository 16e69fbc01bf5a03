package hub

import (
	"context"

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

var _ Broker[string, int] = (*Topics[string, int])(nil)
