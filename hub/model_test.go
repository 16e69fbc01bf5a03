package hub_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/protocol"
)

// A value of the model is its offset and its key.
type keyedValue struct{ offset, key uint64 }

func (v keyedValue) keyOf() any { return v.key }

const modelKeys = 3

// A model is a topic as a list of all that was ever published, and what waits for each subscriber as a list of
// offsets: slow, with nothing lazy about it.
type model struct {
	log    int
	values []keyedValue // values[i] has offset i+1
	ended  bool
	err    error
	subs   []*modelSubscriber
}

type modelSubscriber struct {
	options hub.Options
	puppet  *puppet[hub.Item[keyedValue]]

	waiting []uint64
	bound   int
	last    uint64
	fresh   bool
	reset   bool
	doomed  bool // more waited than may
	busy    bool
	ended   bool
	err     error
	got     []hub.Item[keyedValue]
}

func (m *model) head() uint64 { return uint64(len(m.values)) }

// kept returns the offsets that a subscriber can get, without those that a newer value of the key has replaced, if it
// conflates.
func (m *model) kept(o hub.Options) []uint64 {
	var kept []uint64
	for i, v := range m.values {
		if o.Policy == hub.Conflate {
			replaced := slices.ContainsFunc(m.values[i+1:], func(w keyedValue) bool { return w.key == v.key })
			if !replaced {
				kept = append(kept, v.offset)
			}
		} else if i >= len(m.values)-m.log {
			kept = append(kept, v.offset)
		}
	}
	return kept
}

func (m *model) subscribe(o hub.Options, epoch uint64) *modelSubscriber {
	s := &modelSubscriber{options: o, last: m.head()}
	kept := m.kept(o)
	switch {
	case !o.After.IsZero() && (o.After.Epoch != epoch || o.After.Offset > m.head()):
		s.reset, s.waiting = true, kept
	case !o.After.IsZero():
		s.last = o.After.Offset
		for _, offset := range kept {
			if offset > s.last {
				s.waiting = append(s.waiting, offset)
			}
		}
	case o.Replay == hub.All:
		s.waiting = kept
	default:
		s.waiting = kept[max(0, len(kept)-o.Replay):]
	}
	// What a subscriber gets that did not say where it comes from, it has not missed anything before.
	if o.After.IsZero() || s.reset {
		s.fresh = true
	}
	s.bound = o.Buffer
	if len(s.waiting) > o.Buffer {
		s.bound = m.log
	}
	m.subs = append(m.subs, s)
	return s
}

func (m *model) publish(v keyedValue) {
	m.values = append(m.values, v)
	for _, s := range m.subs {
		s.arrives(m, v)
	}
}

func (s *modelSubscriber) arrives(m *model, v keyedValue) {
	switch s.options.Policy {
	case hub.Disconnect:
		s.waiting = append(s.waiting, v.offset)
		s.doomed = s.doomed || len(s.waiting) > s.bound
	case hub.DropOldest:
		s.waiting = append(s.waiting, v.offset)
		s.waiting = s.waiting[max(0, len(s.waiting)-s.bound):]
	case hub.DropNewest:
		if len(s.waiting) < s.options.Buffer {
			s.waiting = append(s.waiting, v.offset)
		}
	case hub.Conflate:
		s.waiting = slices.DeleteFunc(s.waiting, func(offset uint64) bool { return m.values[offset-1].key == v.key })
		s.waiting = append(s.waiting, v.offset)
	}
}

// settle gives every subscriber that is not busy what comes next.
func (m *model) settle(epoch uint64) {
	for _, s := range m.subs {
		for !s.busy && !s.ended && s.settle(m, epoch) {
		}
	}
}

func (s *modelSubscriber) settle(m *model, epoch uint64) bool {
	item := hub.Item[keyedValue]{Reset: s.reset}
	switch {
	case s.doomed:
		s.ended, s.err = true, &protocol.CloseError{Code: protocol.CloseTryAgainLater, Reason: "too slow"}
		return false
	case len(s.waiting) > 0:
		offset := s.waiting[0]
		s.waiting = s.waiting[1:]
		if len(s.waiting) <= s.options.Buffer {
			s.bound = s.options.Buffer
		}
		item.Position.Offset, item.Value = offset, m.values[offset-1]
		if !s.fresh {
			item.Missed = offset - s.last - 1
		}
	case s.reset || !s.fresh && s.last < m.head():
		item.NoValue = true
		item.Position.Offset = m.head()
		if !s.fresh {
			item.Missed = m.head() - s.last
		}
	case m.ended:
		s.ended, s.err = true, m.err
		return false
	default:
		return false
	}
	item.Position.Epoch = epoch
	s.last, s.fresh, s.reset, s.busy = item.Position.Offset, false, false, true
	s.got = append(s.got, item)
	return false
}

// compare compares the model with what has happened.
func (m *model) compare(t *rapid.T) {
	synctest.Wait()
	for i, s := range m.subs {
		p := s.puppet
		p.mu.Lock()
		if !slices.Equal(p.got, s.got) || p.busy != s.busy || p.ended != s.ended || fmt.Sprint(p.err) != fmt.Sprint(s.err) {
			t.Fatalf("subscriber %d %+v\n got %v, busy %v, ended %v %v\nwant %v, busy %v, ended %v %v",
				i, s.options, p.got, p.busy, p.ended, p.err, s.got, s.busy, s.ended, s.err)
		}
		p.mu.Unlock()
	}
}

// inBubble hides from rapid that it could ask a test for its deadline, which is not possible in a bubble.
type inBubble struct{ *testing.T }

func drawOptions(t *rapid.T, log int, policies []hub.Policy, head hub.Position) hub.Options {
	o := hub.Options{
		Policy: rapid.SampledFrom(policies).Draw(t, "policy"),
		Buffer: rapid.IntRange(1, log).Draw(t, "buffer"),
	}
	switch rapid.IntRange(0, 3).Draw(t, "begin") {
	case 0:
		o.Replay = rapid.IntRange(hub.All, log+1).Draw(t, "replay")
	case 1:
		o.After = hub.Position{Epoch: head.Epoch, Offset: rapid.Uint64Range(0, head.Offset+1).Draw(t, "after")}
	case 2:
		o.After = hub.Position{Epoch: head.Epoch + 1, Offset: rapid.Uint64Range(0, head.Offset).Draw(t, "elsewhere")}
	}
	return o
}
