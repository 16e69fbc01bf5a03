package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/wsflow/wsflow/upgrade"
)

// A soak is one run of the program.
type soak struct {
	options
	out    io.Writer
	server *server
	supply *supply
	start  time.Time
	before int           // goroutines
	hurry  chan struct{} // closed when no more connections begin: those that live end

	live     atomic.Int64
	messages atomic.Int64 // that the clients got
	bytes    atomic.Int64
	trips    histogram
	number   atomic.Uint64

	mu      sync.Mutex
	endings map[string]map[string]int // by ending and codes
	wrongs  int
	samples []sample
}

func newSoak(o options, out io.Writer) (*soak, error) {
	s := &soak{
		options: o, out: out, before: runtime.NumGoroutine(), hurry: make(chan struct{}), supply: newSupply(o.seed),
		endings: make(map[string]map[string]int),
	}
	var err error
	s.server, err = newServer()
	return s, err
}

// run plays until the duration is over or ctx is, and returns an error if something was wrong.
func (s *soak) run(ctx context.Context) error {
	s.start = time.Now()
	ctx, cancel := context.WithTimeout(ctx, s.duration)
	defer cancel()
	context.AfterFunc(ctx, func() { close(s.hurry) })
	publishing, quiet := context.WithCancel(context.Background())
	defer quiet()

	var clients, others sync.WaitGroup
	for i := range s.connections {
		clients.Go(func() { s.slot(ctx, i) })
	}
	others.Go(func() { s.server.publish(publishing, 500*time.Millisecond, s.hurry) })
	others.Go(func() { s.drain(publishing) })
	others.Go(func() { s.watch(ctx) })
	clients.Wait()
	quiet()
	others.Wait()
	if err := s.server.close(); err != nil {
		s.wrong("shutting the server down: %v", err)
	}
	return s.conclude(s.awaitGoroutines())
}

// slot keeps one connection alive, the first one after a while, so that not all begin at once.
func (s *soak) slot(ctx context.Context, i int) {
	ramp := min(20*time.Second, s.duration/6)
	select {
	case <-time.After(ramp * time.Duration(i) / time.Duration(s.connections)):
	case <-ctx.Done():
	}
	for ctx.Err() == nil {
		number := s.number.Add(1)
		r := rand.New(rand.NewPCG(s.seed, number))
		s.play(s.newPlan(number, r), r)
	}
}

// drain drains a generation from time to time, and faster in the end, until ctx ends.
func (s *soak) drain(ctx context.Context) {
	hurry := s.hurry
	for {
		pause := max(10*time.Second, min(3*time.Minute, s.duration/4)/3)
		if hurry == nil {
			pause = time.Second
		}
		select {
		case <-time.After(pause):
		case <-hurry:
			hurry = nil
		case <-ctx.Done():
			return
		}
		if err := s.server.drainNow(); err != nil {
			s.wrong("drain: %v", err)
		}
	}
}

// watch takes samples, and reports from time to time.
func (s *soak) watch(ctx context.Context) {
	ticker := time.NewTicker(max(time.Second, min(10*time.Second, s.duration/60)))
	defer ticker.Stop()
	reported := s.start
	for {
		select {
		case now := <-ticker.C:
			s.samples = append(s.samples, takeSample(s.start))
			if now.Sub(reported) >= s.options.report {
				reported = now
				s.progress()
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *soak) progress() {
	last := s.samples[len(s.samples)-1]
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "%8v  live %d  of %d  messages %d  %.0f MiB  heap %.1f MiB  rss %.0f MiB  goroutines %d  cpu %.0f%%  p50 %v  p99 %v  wrong %d\n",
		last.at.Round(time.Second), s.live.Load(), s.number.Load(), s.messages.Load(), mib(s.bytes.Load()),
		mib(last.heap), mib(last.rss), last.goroutines, s.load(last), s.trips.quantile(0.5), s.trips.quantile(0.99), s.wrongs)
}

// load is the processors' use since the start, in percent of all of them.
func (s *soak) load(last sample) float64 {
	return 100 * last.cpu.Seconds() / last.at.Seconds() / float64(runtime.NumCPU())
}

func mib[N int64 | uint64](bytes N) float64 { return float64(bytes) / (1 << 20) }

// report prints what is wrong with a connection.
func (s *soak) report(p *plan, what string) { s.wrong("%s (seed %d, %v)", what, s.seed, p) }

func (s *soak) wrong(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrongs++
	fmt.Fprintf(s.out, "WRONG: "+format+"\n", args...)
}

// count notes how a connection has ended.
func (s *soak) count(p *plan, how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endings[string(p.ending)] == nil {
		s.endings[string(p.ending)] = make(map[string]int)
	}
	s.endings[string(p.ending)][how]++
}

// codes names the codes that the two ends have seen; those that are drawn by one name.
func codes(client, server *upgrade.CloseError) string {
	name := func(e *upgrade.CloseError) string {
		if e.Code >= 3000 && e.Code != garbled {
			return "3000–4999"
		}
		return fmt.Sprint(uint16(e.Code))
	}
	if c, v := name(client), name(server); c != v {
		return c + "/" + v
	}
	return name(client)
}

// awaitGoroutines gives what is about to end the time to, and returns how many are left beyond those of the start.
func (s *soak) awaitGoroutines() int {
	for range 300 {
		if runtime.NumGoroutine() <= s.before {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return runtime.NumGoroutine() - s.before
}

// A result is the last line.
type result struct {
	Connections      uint64                    `json:"connections"`
	Concurrent       int                       `json:"concurrent"`
	Seconds          float64                   `json:"seconds"`
	Seed             uint64                    `json:"seed"`
	Faults           bool                      `json:"faults"`
	Wrong            int                       `json:"wrong"`
	Messages         int64                     `json:"messages"`
	Bytes            int64                     `json:"bytes"`
	P50              time.Duration             `json:"p50_ns"`
	P99              time.Duration             `json:"p99_ns"`
	HeapSlope        float64                   `json:"heap_bytes_per_minute"`
	HeapSlopeError   float64                   `json:"heap_bytes_per_minute_error"`
	HeapFlat         bool                      `json:"heap_flat"`
	HeapSamples      int                       `json:"heap_samples"`
	RSS              uint64                    `json:"rss"`
	GoroutinesBefore int                       `json:"goroutines_before"`
	GoroutinesLeft   int                       `json:"goroutines_left"`
	Load             float64                   `json:"cpu_percent"`
	Endings          map[string]map[string]int `json:"endings"`
}

// conclude prints the figures.
func (s *soak) conclude(left int) error {
	if left > 0 {
		stacks := make([]byte, 1<<20)
		s.wrong("%d goroutines are left:\n%s", left, stacks[:runtime.Stack(stacks, true)])
	}
	steady := slices.DeleteFunc(slices.Clone(s.samples), func(v sample) bool { return v.at < s.duration/4 })
	heap := trendOf(steady, func(v sample) uint64 { return v.heap })
	var last sample
	if len(s.samples) > 0 {
		last = s.samples[len(s.samples)-1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := result{
		Connections: s.number.Load(), Concurrent: s.connections, Seconds: last.at.Seconds(), Seed: s.seed, Faults: s.faults,
		Wrong: s.wrongs, Messages: s.messages.Load(), Bytes: s.bytes.Load(),
		P50: s.trips.quantile(0.5), P99: s.trips.quantile(0.99),
		HeapSlope: heap.Slope, HeapSlopeError: heap.Error, HeapFlat: heap.isFlat(), HeapSamples: heap.Samples,
		RSS: last.rss, GoroutinesBefore: s.before, GoroutinesLeft: left, Load: s.load(last), Endings: s.endings,
	}
	if err := s.table(r, heap, steady); err != nil {
		return err
	}
	if err := json.NewEncoder(s.out).Encode(r); err != nil {
		return err
	}
	if s.wrongs > 0 {
		return errors.New("something was wrong")
	}
	return nil
}

// table prints the result for people.
func (s *soak) table(r result, heap trend, steady []sample) error {
	judgement := "not distinguishable from 0"
	if !heap.isFlat() {
		judgement = "more than its error"
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nconnections\t%d, %d at a time\n", r.Connections, r.Concurrent)
	fmt.Fprintf(w, "messages\t%d, %.0f MiB each way\n", r.Messages, mib(r.Bytes))
	fmt.Fprintf(w, "round trips\tp50 %v, p99 %v (good links)\n", r.P50, r.P99)
	if len(steady) > 0 {
		fmt.Fprintf(w, "live heap\t%.1f MiB, then %.1f MiB; slope %.0f ± %.0f KiB/min over %d samples: %s\n",
			mib(steady[0].heap), mib(steady[len(steady)-1].heap), heap.Slope/1024, heap.Error/1024, heap.Samples, judgement)
	}
	fmt.Fprintf(w, "resident\t%.0f MiB\n", mib(r.RSS))
	fmt.Fprintf(w, "processors\t%.0f%% of %d\n", r.Load, runtime.NumCPU())
	fmt.Fprintf(w, "goroutines\t%d before, %d after\n", r.GoroutinesBefore, r.GoroutinesBefore+r.GoroutinesLeft)
	for _, ending := range slices.Sorted(maps.Keys(r.Endings)) {
		text := ""
		for _, how := range slices.Sorted(maps.Keys(r.Endings[ending])) {
			text += fmt.Sprintf("  %s: %d", how, r.Endings[ending][how])
		}
		fmt.Fprintf(w, "%s\t%s\n", ending, text[2:])
	}
	fmt.Fprintf(w, "wrong\t%d\n\n", r.Wrong)
	return w.Flush()
}
