// Package hub_test compares one publisher with 10,000 subscribers, one of which may be stalled: through a hub.Topic, and through
// a hub of a mutex and channels that is written by hand. It reports deliveries for each second of processor time, and how long
// after it was published a value came to the subscribers that are not stalled.
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

func measure(b *testing.B, burst int, stalled bool, join func(context.Context, *sync.WaitGroup, *sync.WaitGroup, func(int, sent)) fanOut) {
	all := make([]delays, subscribers)
	var left, joined sync.WaitGroup
	var missing atomic.Int64
	done := make(chan struct{}, 1)
	stall := make(chan struct{})
	others := int64(subscribers)
	if stalled {
		others--
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	joined.Add(1)
	f := join(ctx, &joined, &left, func(i int, v sent) {
		if stalled && i == 0 {
			<-stall
			return
		}
		all[i].add(v.at)
		if missing.Add(-1) == 0 {
			done <- struct{}{}
		}
	})
	joined.Wait()
	before := processorTime(b)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		missing.Store(others * int64(burst))
		for range burst {
			f.publish(sent{at: time.Now()})
		}
		<-done
	}
	b.StopTimer()
	used := processorTime(b) - before
	close(stall)
	f.close()
	left.Wait()
	b.ReportMetric(float64(b.N)*float64(others)*float64(burst)/used.Seconds()/1e6, "Mdeliveries/cpu-s")
	b.ReportMetric(quantile(all, 0.5), "p50-µs")
	b.ReportMetric(quantile(all, 0.99), "p99-µs")
}

// processorTime returns what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
