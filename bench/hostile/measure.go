package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A row is what came of one kind of peers, over all rounds.
type row struct {
	Settings string `json:"settings"`
	Kind     string `json:"kind"`

	// Of honest peers, the medians of all rounds: just before, without hostile ones, and with them.
	CalmP50 time.Duration `json:"calm_p50_ns"`
	CalmP99 time.Duration `json:"calm_p99_ns"`
	P50     time.Duration `json:"p50_ns"`
	P99     time.Duration `json:"p99_ns"`
	Times   float64       `json:"p99_times"` // the median of what P99 is of CalmP99 in each round

	Max          time.Duration `json:"max_ns"`
	Answers      int           `json:"answers"`
	HonestErrors int           `json:"honest_errors"`

	Peak     int64   `json:"peers_peak"`     // hostile connections at a time
	Attempts int64   `json:"attempts"`       // hostile ones, a second
	Server   float64 `json:"server_cores"`   // that the server used
	Load     float64 `json:"load_cores"`     // that the hostile peers used
	Resident int64   `json:"resident_bytes"` // more than without, at the most
	Heap     int64   `json:"heap_bytes"`     // more than without, with stacks, at the end
	PerPeer  int64   `json:"bytes_per_peer"` // Resident for each hostile peer, whether it is let in or not

	calm, with [][]time.Duration // latencies of each round, in order
	firstError string
	peers      int
	attempts   int64
	time       time.Duration
	server     time.Duration
	load       time.Duration
}

// arrival is how long the peers of a phase have to come before it is measured.
const arrival = 2 * time.Second

// A field is one server with all that is around it.
type field struct {
	*plan
	server, load *child
	crowd        *crowd
	address      string
}

// measure plays all kinds by turns, round after round, so that what else the machine does is shared by all.
func (p *plan) measure(ctx context.Context, settings string) ([]*row, error) {
	serving := "own"
	if p.http {
		serving = "http"
	}
	f := &field{plan: p}
	var err error
	if f.server, f.address, err = start("server", nil, settings, serving); err != nil {
		return nil, err
	}
	defer f.server.stop()
	if f.load, _, err = start("load", nil, f.address, fmt.Sprint(p.rate)); err != nil {
		return nil, err
	}
	defer f.load.stop()
	if f.crowd, err = connect(ctx, f.address, p.honest); err != nil {
		return nil, err
	}
	defer f.crowd.leave()

	var rows []*row
	for _, kind := range p.kinds {
		rows = append(rows, &row{Settings: settings, Kind: kind})
	}
	for range p.rounds {
		for _, r := range rows {
			if err := f.play(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range rows {
		r.finish()
	}
	return rows, nil
}

// play plays one round: without hostile peers, once the server has settled, and then with them.
func (f *field) play(ctx context.Context, r *row) error {
	r.peers = f.peers
	if _, err := f.load.ask("none 0"); err != nil {
		return err
	}
	before, err := f.settled(ctx)
	if err != nil {
		return err
	}
	if err := f.listen(ctx, r, &r.calm); err != nil {
		return err
	}
	resident := f.server.used().resident
	if f.profile != "" {
		if _, err := f.server.ask("profile " + f.profile + r.Settings + "-" + r.Kind); err != nil {
			return err
		}
	}
	if _, err := f.load.ask(fmt.Sprintf("%s %d", r.Kind, f.peers)); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	most := make(chan int64, 1)
	go func() { most <- f.watch(watching) }()
	if err := pause(ctx, arrival); err != nil {
		return err
	}
	serverBegan, loadBegan, began := f.server.used().cpu, f.load.used().cpu, time.Now()
	if err := f.listen(ctx, r, &r.with); err != nil {
		return err
	}
	r.time += time.Since(began)
	r.server += f.server.used().cpu - serverBegan
	r.load += f.load.used().cpu - loadBegan
	stop()
	r.Resident = max(r.Resident, <-most-resident)
	return f.note(r, before)
}

// listen takes what the honest peers see in a phase. Errors count whenever they came.
func (f *field) listen(ctx context.Context, r *row, to *[][]time.Duration) error {
	f.crowd.look(r)
	if err := pause(ctx, f.phase); err != nil {
		return err
	}
	*to = append(*to, f.crowd.look(r))
	return nil
}

// note adds what server and hostile peers say at the end of a phase.
func (f *field) note(r *row, before serverState) error {
	var state serverState
	if err := f.state(f.server, "state", &state); err != nil {
		return err
	}
	r.Heap = max(r.Heap, int64(state.Heap)-int64(before.Heap))
	if f.profile != "" {
		if err := f.state(f.server, "profile", &state); err != nil {
			return err
		}
	}
	var hostile loadState
	if err := f.state(f.load, "state", &hostile); err != nil {
		return err
	}
	r.Peak = max(r.Peak, hostile.Most)
	r.attempts += hostile.Attempts
	return nil
}

func (f *field) state(c *child, command string, to any) error {
	line, err := c.ask(command)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(line), to)
}

// settled waits until the server has none but the honest connections, and has given back what it does not use.
func (f *field) settled(ctx context.Context) (serverState, error) {
	var state serverState
	for range 300 {
		if err := f.state(f.server, "state", &state); err != nil {
			return state, err
		}
		if state.Connections <= f.honest {
			err := f.state(f.server, "settle", &state)
			return state, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return state, err
		}
	}
	return state, fmt.Errorf("30 s after the hostile peers have left the server still has %d connections", state.Connections)
}

// watch returns the most memory that the server has had until ctx ends.
func (f *field) watch(ctx context.Context) (most int64) {
	for pause(ctx, 50*time.Millisecond) == nil {
		most = max(most, f.server.used().resident)
	}
	return most
}

// at returns the latency that so much of a sample is below of.
func at(sample []time.Duration, q float64) time.Duration {
	if len(sample) == 0 {
		return 0
	}
	return sample[min(len(sample)-1, int(q*float64(len(sample))))]
}

// median returns that of a figure of all rounds.
func median[T cmp.Ordered](n int, of func(i int) T) T {
	all := make([]T, n)
	for i := range all {
		all[i] = of(i)
	}
	slices.Sort(all)
	return all[n/2]
}

func (r *row) finish() {
	n := len(r.with)
	r.CalmP50 = median(n, func(i int) time.Duration { return at(r.calm[i], 0.5) })
	r.CalmP99 = median(n, func(i int) time.Duration { return at(r.calm[i], 0.99) })
	r.P50 = median(n, func(i int) time.Duration { return at(r.with[i], 0.5) })
	r.P99 = median(n, func(i int) time.Duration { return at(r.with[i], 0.99) })
	r.Times = median(n, func(i int) float64 { return float64(at(r.with[i], 0.99)) / float64(max(1, at(r.calm[i], 0.99))) })
	for _, sample := range r.with {
		r.Max = max(r.Max, at(sample, 1))
		r.Answers += len(sample)
	}
	r.Attempts = r.attempts * int64(time.Second) / int64(r.time+time.Duration(n)*arrival)
	r.Server = r.server.Seconds() / r.time.Seconds()
	r.Load = r.load.Seconds() / r.time.Seconds()
	if r.peers > 0 {
		r.PerPeer = r.Resident / int64(r.peers)
	}
}
