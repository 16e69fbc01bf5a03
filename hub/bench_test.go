package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
)

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// A delivery allocates nothing: what a subscriber costs does not depend on how much it gets.
func TestDeliveryDoesNotAllocate(t *testing.T) {
	for name, policy := range map[string]hub.Policy{"a place in the log": hub.DropOldest, "newest values by key": hub.Conflate} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) float64 {
				topic := hub.NewTopic(hub.Settings[int]{Log: n, Keys: n, Key: func(v int) any { return v }})
				_, err := topic.Sink().Run(t.Context(), flow.FromSeq(upTo(n)))
				require.NoError(t, err)
				topic.Close()
				s := topic.Subscribe(hub.Options{Policy: policy, Replay: hub.All})
				return testing.AllocsPerRun(10, func() {
					got := 0
					err := s.Run(t.Context(), func(hub.Item[int]) error { got++; return nil })
					require.NoError(t, err)
					require.Equal(t, n, got)
				})
			}
			require.InDelta(t, cost(100), cost(10_000), 2)
		})
	}
}

// An op is one value published, to nobody.
func BenchmarkPublish(b *testing.B) {
	topic := hub.NewTopic(hub.Settings[int]{})
	b.ReportAllocs()
	for i := range b.N {
		if _, err := topic.Publish(b.Context(), i); err != nil {
			b.Fatal(err)
		}
	}
}

// An op is one value published and delivered to one subscriber.
func BenchmarkTopic(b *testing.B) {
	for name, o := range map[string]hub.Options{
		"Backpressure": {Policy: hub.Backpressure},
		"DropOldest":   {Policy: hub.DropOldest},
		"DropNewest":   {Policy: hub.DropNewest},
		"Conflate":     {Policy: hub.Conflate},
	} {
		b.Run(name, func(b *testing.B) {
			topic := hub.NewTopic(hub.Settings[int]{StartAfter: 1, Key: func(v int) any { return v & 63 }})
			b.ReportAllocs()
			go func() {
				_, _ = topic.Sink().Run(b.Context(), flow.FromSeq(upTo(b.N)))
				topic.Close()
			}()
			_, err := flow.Ignore[hub.Item[int]]().Run(b.Context(), topic.Subscribe(o))
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// An op is one value given by one of eight producers.
func BenchmarkMerge(b *testing.B) {
	m := hub.NewMerge[int](0)
	b.ReportAllocs()
	for range 8 {
		go func() { _, _ = m.Sink().Run(b.Context(), flow.FromSeq(upTo(b.N/8+1))) }()
	}
	if _, err := flow.Ignore[int]().Run(b.Context(), flow.Take(m.Source(), b.N)); err != nil {
		b.Fatal(err)
	}
}

// An op is one value given to one of eight consumers.
func BenchmarkPartition(b *testing.B) {
	p := hub.NewPartition(hub.RoundRobin[int](), 0)
	b.ReportAllocs()
	for range 8 {
		go func() { _, _ = flow.Ignore[int]().Run(b.Context(), p.Source()) }()
	}
	_, err := p.Sink().Run(b.Context(), flow.FromSeq(upTo(b.N)))
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Drain(b.Context()); err != nil {
		b.Fatal(err)
	}
}
