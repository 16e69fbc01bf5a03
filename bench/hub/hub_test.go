// Package hub_test compares one publisher with 10,000 subscribers, one of which may be stalled: through a hub.Topic,
// and through a hub of a mutex and channels that is written by hand. It reports deliveries for each second of
// processor time, and how long after it was published a value came to the subscribers that are not stalled.
//
//	go test -run '^$' -bench . -benchtime 200x ./hub
package hub_test

import (
	"context"
	"math/bits"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wsflow/wsflow/hub"
)

const (
	subscribers = 10_000
	logSize     = 256
)

// A sent is a value with the time when it was published.
type sent struct{ at time.Time }

// A fanOut is a hub with its subscribers.
type fanOut struct {
	publish func(sent)
	close   func()
}

// Delays are counted by powers of two, each in sixteen parts; a subscriber has its own.
type delays [16 * 32]uint32

func (d *delays) add(since time.Time) {
	n := uint64(time.Since(since))
	exponent := max(bits.Len64(n), 5)
	d[16*(exponent-5)+int(n>>(exponent-5))&15]++
}

// quantile returns a delay in microseconds that the given part of all does not exceed.
func quantile(all []delays, part float64) float64 {
	var sum [len(delays{})]uint64
	total := uint64(0)
	for i := range all {
		for j, n := range all[i] {
			sum[j] += uint64(n)
			total += uint64(n)
		}
	}
	seen := uint64(0)
	for j, n := range sum {
		if seen += n; seen > 0 && float64(seen) >= part*float64(total) {
			return float64(uint64(17+j%16)<<(j/16)) / 1000
		}
	}
	return 0
}

func BenchmarkFanOut(b *testing.B) {
	for _, burst := range []int{1, 32} {
		for _, stalled := range []bool{false, true} {
			name := map[int]string{1: "one by one", 32: "bursts of 32"}[burst]
			if stalled {
				name += ", one stalled"
			}
			b.Run("topic, "+name, func(b *testing.B) { measure(b, burst, stalled, topic) })
			b.Run("mutex and channels, "+name, func(b *testing.B) { measure(b, burst, stalled, channels) })
		}
	}
}

// topic joins the subscribers to a hub.Topic; take is called with the number of one and what it gets.
func topic(ctx context.Context, joined, left *sync.WaitGroup, take func(int, sent)) fanOut {
	t := hub.NewTopic(hub.Settings[sent]{Log: logSize})
	s := t.Subscribe(hub.Options{})
	for i := range subscribers {
		left.Go(func() {
			_ = s.Run(ctx, func(item hub.Item[sent]) error {
				take(i, item.Value)
				return nil
			})
		})
	}
	for t.Subscribers() < subscribers {
		time.Sleep(time.Millisecond)
	}
	joined.Done()
	return fanOut{publish: func(v sent) { _, _ = t.Publish(ctx, v) }, close: t.Close}
}

func channels(ctx context.Context, joined, left *sync.WaitGroup, take func(int, sent)) fanOut {
	p := &plain{clients: make(map[*client]struct{})}
	for i := range subscribers {
		c := p.join()
		left.Go(func() {
			for {
				select { // as the source of a topic, it heeds its context
				case v, ok := <-c.send:
					if !ok {
						return
					}
					take(i, v)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	joined.Done()
	return fanOut{publish: p.publish, close: p.close}
}

type joiner func(ctx context.Context, joined, left *sync.WaitGroup, take func(int, sent)) fanOut

// A lane is a hub at work, and what its subscribers that are not stalled have seen.
type lane struct {
	fanOut
	others  int64
	delays  []delays
	missing atomic.Int64
	done    chan struct{}
	stall   chan struct{}
	left    sync.WaitGroup
}

func newLane(ctx context.Context, stalled bool, join joiner) *lane {
	l := &lane{others: subscribers, delays: make([]delays, subscribers), done: make(chan struct{}, 1), stall: make(chan struct{})}
	if stalled {
		l.others--
	}
	var joined sync.WaitGroup
	joined.Add(1)
	l.fanOut = join(ctx, &joined, &l.left, func(i int, v sent) {
		if stalled && i == 0 {
			<-l.stall
			return
		}
		l.delays[i].add(v.at)
		if l.missing.Add(-1) == 0 {
			l.done <- struct{}{}
		}
	})
	joined.Wait()
	return l
}

// round publishes a burst of values, and waits until all have them.
func (l *lane) round(burst int) {
	l.missing.Store(l.others * int64(burst))
	for range burst {
		l.publish(sent{at: time.Now()})
	}
	<-l.done
}

func (l *lane) finish() {
	close(l.stall)
	l.close()
	l.left.Wait()
}

func measure(b *testing.B, burst int, stalled bool, join joiner) {
	l := newLane(b.Context(), stalled, join)
	before := processorTime(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		l.round(burst)
	}
	b.StopTimer()
	used := processorTime(b) - before
	l.finish()
	b.ReportMetric(float64(b.N)*float64(l.others)*float64(burst)/used.Seconds()/1e6, "Mdeliveries/cpu-s")
	b.ReportMetric(quantile(l.delays, 0.5), "p50-µs")
	b.ReportMetric(quantile(l.delays, 0.99), "p99-µs")
}

// BenchmarkStalled has two topics, one with a stalled subscriber, take turns, so that what else the machine does
// slows down both. Its result is how many times as long values take where one is stalled.
func BenchmarkStalled(b *testing.B) {
	free, stalled := newLane(b.Context(), false, topic), newLane(b.Context(), true, topic)
	b.ResetTimer()
	for range b.N {
		free.round(1)
		stalled.round(1)
	}
	b.StopTimer()
	free.finish()
	stalled.finish()
	for name, part := range map[string]float64{"p50-ratio": 0.5, "p90-ratio": 0.9, "p99-ratio": 0.99} {
		b.ReportMetric(quantile(stalled.delays, part)/quantile(free.delays, part), name)
	}
}

// processorTime returns what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
