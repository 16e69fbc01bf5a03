package hub

import "context"

// Publish hands v to the subscribers, and returns its position. It waits for subscribers with Backpressure, and for
// the first ones if there is a Settings.StartAfter; those that wait are served in their order. If ctx is done before
// v is published, Publish returns the cause. After Close it returns [ErrClosed], and for a streamed message
// [ErrStreamed].
func (t *Topic[T]) Publish(ctx context.Context, v T) (Position, error) {
	if err := t.strict.check(v); err != nil {
		return Position{}, err
	}
	if ctx.Err() != nil {
		return Position{}, context.Cause(ctx)
	}
	var key any
	if t.keys != nil {
		key = t.settings.Key(v)
		_ = map[any]struct{}(nil)[key] // panics here, without the lock, if it is not comparable
		if !equal(key, key) {          // it would never be found again, and the keys would grow for ever
			panic("hub: Settings.Key gave a key that does not equal itself")
		}
	}
	offset, err := t.append(ctx, key, v)
	if err != nil {
		return Position{}, err
	}
	t.sleepers.wakeAll()
	return t.position(offset), nil
}

func equal(a, b any) bool { return a == b }

func (t *Topic[T]) append(ctx context.Context, key any, v T) (offset uint64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.publishers.await(ctx, &t.mu, t.mayAppend); err != nil {
		return 0, err
	}
	if e := t.ending.Load(); e != nil {
		return 0, e.refusal()
	}
	t.log.put(v)
	offset = t.log.head.Load() + 1
	for in := range t.inboxes {
		in.put(offset, v)
	}
	if t.keys != nil {
		t.keys.put(offset, key, v)
	}
	return t.log.publish(), nil
}

// mayAppend reports whether a publisher need not wait, also because it will be refused. It is called with the lock
// held.
func (t *Topic[T]) mayAppend() bool {
	return t.ending.Load() != nil || t.joined >= t.settings.StartAfter && (t.log.head.Load() < t.limit || t.haveRoom())
}
