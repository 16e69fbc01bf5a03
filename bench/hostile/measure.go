package main

import (
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

	P50          time.Duration `json:"p50_ns"` // of honest peers
	P99          time.Duration `json:"p99_ns"`
	Max          time.Duration `json:"max_ns"`
	Answers      int           `json:"answers"`
	HonestErrors int           `json:"honest_errors"`

	Peak     int64   `json:"peers_peak"`     // hostile connections at a time
	Attempts int64   `json:"attempts"`       // hostile ones, a second
	Server   float64 `json:"server_cores"`   // that the server used
	Load     float64 `json:"load_cores"`     // that the hostile peers used
	Resident int64   `json:"resident_bytes"` // more than without, at the most
	Heap     int64   `json:"heap_bytes"`     // more than without, with stacks, at the end
	PerPeer  int64   `json:"bytes_per_peer"` // Resident for each of Peak

	sample     []time.Duration
	firstError string
	attempts   int64
	time       time.Duration
	arriving   time.Duration
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
	for _, kind := range append([]string{calm}, p.kinds...) {
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

// play plays one phase: without hostile peers until the server has settled, then with them.
func (f *field) play(ctx context.Context, r *row) error {
	peers := f.peers
	if r.Kind == calm {
		peers = 0
	}
	if _, err := f.load.ask("none 0"); err != nil {
		return err
	}
	before, err := f.settled(ctx)
	if err != nil {
		return err
	}
	resident := f.server.used().resident
	if f.profile != "" {
		if _, err := f.server.ask("profile " + f.profile + r.Settings + "-" + r.Kind); err != nil {
			return err
		}
	}
	if _, err := f.load.ask(fmt.Sprintf("%s %d", r.Kind, peers)); err != nil {
		return err
	}
	if err := f.watch(ctx, r, resident, arrival); err != nil {
		return err
	}
	_, errors, first := f.crowd.look() // what came before
	r.failures(errors, first)
	serverBegan, loadBegan, began := f.server.used().cpu, f.load.used().cpu, time.Now()
	if err := f.watch(ctx, r, resident, f.phase); err != nil {
		return err
	}
	r.time += time.Since(began)
	r.arriving += arrival
	r.server += f.server.used().cpu - serverBegan
	r.load += f.load.used().cpu - loadBegan
	sample, errors, first := f.crowd.look()
	r.sample = append(r.sample, sample...)
	r.failures(errors, first)
	return f.note(r, before)
}

func (r *row) failures(errors int, first string) {
	r.HonestErrors += errors
	r.firstError = first
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

// watch looks at the server's memory for a while.
func (f *field) watch(ctx context.Context, r *row, before int64, d time.Duration) error {
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		r.Resident = max(r.Resident, f.server.used().resident-before)
	}
	return nil
}

func (r *row) finish() {
	slices.Sort(r.sample)
	at := func(q float64) time.Duration {
		if len(r.sample) == 0 {
			return 0
		}
		return r.sample[min(len(r.sample)-1, int(q*float64(len(r.sample))))]
	}
	r.P50, r.P99, r.Max, r.Answers = at(0.5), at(0.99), at(1), len(r.sample)
	r.Attempts = r.attempts * int64(time.Second) / int64(r.time+r.arriving)
	r.Server = r.server.Seconds() / r.time.Seconds()
	r.Load = r.load.Seconds() / r.time.Seconds()
	if r.Peak > 0 {
		r.PerPeer = r.Resident / r.Peak
	}
}
