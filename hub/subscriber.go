package hub

import "context"

// A subscriber is one run of what Subscribe returned.
type subscriber[T any] struct {
	sleeper
	topic  *Topic[T]
	reader reader[T]

	item  Item[T] // what it is told next
	last  uint64  // the offset that it was told last
	fresh bool    // with Conflate: it has been told nothing, and did not say where it comes from
	reset bool    // it has yet to be told
	quiet bool    // it need not be told where it is
}

// A reader finds a subscriber's next value, as its policy says.
type reader[T any] interface {
	// take moves the next value to *v and returns its offset. If there is none, offset is 0, and there is nothing to
	// come up to seen.
	take(v *T) (offset, seen uint64, err error)

	// enter and leave are called with the topic's lock held.
	enter()
	leave()
}

func (t *Topic[T]) subscribe(ctx context.Context, o Options, emit func(Item[T]) error) error {
	s := &subscriber[T]{sleeper: newSleeper(), topic: t}
	s.enter(o)
	defer s.leave()
	defer s.watch(ctx)()
	return s.run(ctx, emit)
}

func (s *subscriber[T]) enter(o Options) {
	t := s.topic
	t.sleepers.join(&s.sleeper)
	t.mu.Lock()
	defer t.mu.Unlock()
	s.start(o)
	s.reader.enter()
	t.subscribers++
	if t.joined < t.settings.StartAfter {
		t.joined++
		t.publishers.wake()
	}
}

func (s *subscriber[T]) leave() {
	t := s.topic
	t.mu.Lock()
	defer t.mu.Unlock()
	s.reader.leave()
	if t.subscribers--; t.subscribers == 0 && t.drained != nil {
		close(t.drained)
		t.drained = nil
	}
}

// start finds the place where the subscriber begins. It is called with the topic's lock held.
func (s *subscriber[T]) start(o Options) {
	t := s.topic
	head := t.log.head.Load()
	s.quiet = !o.Announce
	var begin uint64 // the offset before the first value that it gets
	switch {
	case o.After.IsZero() && o.Replay == 0:
		begin, s.last = head, head
	case o.After.IsZero():
		begin = t.oldest(o)
		s.last, s.fresh = begin, o.Policy == Conflate
	case o.After.Epoch == t.epoch && o.After.Offset <= head:
		s.last = o.After.Offset
		begin = max(s.last, t.oldest(o))
	default:
		begin = t.oldest(o)
		s.last, s.fresh, s.reset = begin, o.Policy == Conflate, true
	}
	switch o.Policy {
	case Conflate:
		s.reader = &conflating[T]{keys: t.keys, at: begin}
	case DropNewest:
		s.reader = newInbox(t, begin, o)
	default:
		s.reader = newCursor(t, begin, o)
	}
}

// oldest returns the offset before the oldest value that a subscriber may be given.
func (t *Topic[T]) oldest(o Options) uint64 {
	replay := t.log.head.Load()
	if o.Replay != All && o.After.IsZero() {
		replay = min(replay, uint64(o.Replay))
	}
	if o.Policy == Conflate {
		return t.keys.before(t.settings.Age, replay)
	}
	return max(t.log.before(t.settings.Age), t.log.head.Load()-replay)
}

func (s *subscriber[T]) run(ctx context.Context, emit func(Item[T]) error) error {
	done := ctx.Done()
	for {
		select {
		case <-done:
			return context.Cause(ctx)
		default:
		}
		ending := s.topic.ending.Load() // before the reader looks
		offset, seen, err := s.reader.take(&s.item.Value)
		switch {
		case err != nil:
			return err
		case offset > 0:
			s.tell(offset, offset-1)
		case seen > s.last || s.reset || !s.quiet:
			s.item.NoValue = true
			s.tell(max(seen, s.last), seen)
		case ending != nil:
			return ending.err
		default:
			s.sleep(func() bool { return s.topic.log.head.Load() <= seen && s.topic.ending.Load() == nil })
			continue
		}
		err = emit(s.item)
		s.item = Item[T]{}
		if err != nil {
			return err
		}
	}
}

// tell fills in the item, whose values up to missing are missing.
func (s *subscriber[T]) tell(offset, missing uint64) {
	s.item.Position = s.topic.position(offset)
	s.item.Reset = s.reset
	if missing > s.last && !s.fresh {
		s.item.Missed = missing - s.last
	}
	s.last, s.fresh, s.reset, s.quiet = offset, false, false, true
}
