package hub

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
)

// Topics are topics by their names, such as the rooms of a chat. A topic is made when it is first used, and goes with
// its last subscriber. Topics implement [Broker].
//
// Topics are made with [NewTopics]. The methods may be called from any goroutine. There is no goroutine; topics that
// nobody uses any more need no Close.
type Topics[K comparable, T any] struct {
	settings TopicsSettings[T]
	strict   strictness[T]
	sinks    sinks

	mu     sync.Mutex
	topics map[K]*room[T]
	ending *ending
}

// TopicsSettings are those of [Topics]. The zero value is that of topics with zero [Settings].
type TopicsSettings[T any] struct {
	// Topic are the settings of each topic.
	Topic Settings[T]

	// Keep is how long a topic stays when its last subscriber has gone, or when a value was published to it and there
	// is none, so that a returning subscriber finds what it has missed. By default it goes at once.
	Keep time.Duration

	// Max is how many topics there may be, with those that are kept; what would make one more fails with
	// [ErrTooManyTopics]. By default there is no bound: then names that clients make up can fill the memory, with
	// Keep even those of clients that have long gone, as each topic has a log of its own.
	Max int
}

// A room is a topic with those who use it.
type room[T any] struct {
	*Topic[T]
	users   int         // subscribers, and publishers while they publish
	removal *time.Timer // runs while there are none; or nil
}

// NewTopics makes topics. It panics if a number in the settings is negative.
func NewTopics[K comparable, T any](settings TopicsSettings[T]) *Topics[K, T] {
	if settings.Keep < 0 || settings.Max < 0 {
		panic("hub: NewTopics with a negative Keep or Max")
	}
	settings.Topic = settings.Topic.withDefaults()
	return &Topics[K, T]{settings: settings, strict: newStrictness[T](), topics: make(map[K]*room[T])}
}

// Publish is [Topic.Publish]. If there is no such topic and none is kept without subscribers, the value reaches
// nobody, and has the zero Position. If one is to be made beyond TopicsSettings.Max, it returns [ErrTooManyTopics].
func (t *Topics[K, T]) Publish(ctx context.Context, topic K, v T) (Position, error) {
	r, ending, err := t.use(topic, t.settings.Keep > 0)
	switch {
	case ending != nil:
		return Position{}, ending.refusal()
	case err != nil:
		return Position{}, err
	case r == nil && ctx.Err() != nil:
		return Position{}, context.Cause(ctx)
	case r == nil:
		return Position{}, t.strict.check(v)
	}
	defer t.leave(topic, r)
	return r.Publish(ctx, v)
}

// Subscribe is [Topic.Subscribe]. The topic is there for as long as a run of the stream is. A run that would make one
// beyond TopicsSettings.Max fails with [ErrTooManyTopics].
func (t *Topics[K, T]) Subscribe(topic K, options Options) flow.Source[Item[T]] {
	options = t.settings.Topic.check(options)
	return flow.NewSource("Topics", func(ctx context.Context, emit func(Item[T]) error, end func(error)) {
		flow.Guard(end, func() error {
			r, err := t.enter(topic)
			if r == nil {
				return err
			}
			defer t.leave(topic, r)
			return r.subscribe(ctx, options, emit)
		})
	})
}

// Sink is [Topic.Sink].
func (t *Topics[K, T]) Sink(topic K) flow.Sink[T, Position] {
	return flow.NewSink("Topics", func(ctx context.Context, in flow.Source[T]) (Position, error) {
		var last Position
		err := runSink(ctx, &t.sinks, in, func(ctx context.Context, v T) error {
			position, err := t.Publish(ctx, topic, v)
			if err == nil {
				last = position
			}
			return err
		})
		return last, err
	})
}

// enter is use for a subscriber, which ends with err if there is no topic.
func (t *Topics[K, T]) enter(topic K) (r *room[T], err error) {
	r, ending, err := t.use(topic, true)
	if ending != nil {
		err = ending.err
	}
	return r, err
}

// use returns the topic, and makes it if there is none and create is set; leave must follow. After an end, and if
// there are too many, there is none.
func (t *Topics[K, T]) use(topic K, create bool) (*room[T], *ending, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.topics[topic]
	switch {
	case t.ending != nil:
		return nil, t.ending, nil
	case r == nil && !create:
		return nil, nil, nil
	case r == nil && t.settings.Max > 0 && len(t.topics) >= t.settings.Max:
		return nil, nil, ErrTooManyTopics
	case r == nil:
		r = &room[T]{Topic: NewTopic(t.settings.Topic)}
		t.topics[topic] = r
	}
	r.users++
	if r.removal != nil {
		r.removal.Stop()
		r.removal = nil
	}
	return r, nil, nil
}

func (t *Topics[K, T]) leave(topic K, r *room[T]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.users--; r.users > 0 {
		return
	}
	if t.settings.Keep == 0 || t.ending != nil {
		delete(t.topics, topic)
		return
	}
	var removal *time.Timer
	removal = time.AfterFunc(t.settings.Keep, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if r.removal == removal { // else it has been used since
			delete(t.topics, topic)
		}
	})
	r.removal = removal
}

// Len returns how many topics there are, with those that are kept.
func (t *Topics[K, T]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.topics)
}

// Subscribers returns how many subscribers a topic has.
func (t *Topics[K, T]) Subscribers(topic K) int {
	t.mu.Lock()
	r := t.topics[topic]
	t.mu.Unlock()
	if r == nil {
		return 0
	}
	return r.Subscribers()
}

// Names returns the names of the topics, in no order.
func (t *Topics[K, T]) Names() []K {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Keys(t.topics))
}

// Close ends all topics, as [Topic.Close] does, and those that would be made later: there, subscribers complete at
// once.
func (t *Topics[K, T]) Close() { t.Fail(nil) }

// Fail is Close for topics whose subscribers and sinks fail with err. With a nil err it is Close.
func (t *Topics[K, T]) Fail(err error) {
	rooms, ending := t.end(err)
	for _, r := range rooms {
		r.Fail(ending.err) // not err: another call may have been first
	}
	t.sinks.stop(ending)
}

// end notes that all topics have ended, and returns those that are in use, and how they end.
func (t *Topics[K, T]) end(err error) ([]*room[T], *ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ending == nil {
		t.ending = &ending{err: err}
		for topic, r := range t.topics {
			if r.removal != nil {
				r.removal.Stop()
				delete(t.topics, topic)
			}
		}
	}
	return slices.Collect(maps.Values(t.topics)), t.ending
}

// Drain closes all topics, and returns when the last subscriber has ended. If ctx is done before, it returns the
// cause.
func (t *Topics[K, T]) Drain(ctx context.Context) error {
	t.Close()
	rooms, _ := t.end(nil)
	for _, r := range rooms {
		if err := r.Drain(ctx); err != nil {
			return err
		}
	}
	return nil
}
