package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A soak of a few seconds finds nothing wrong, and leaves nothing behind.
func TestSoak(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-connections", "60", "-duration", "6s", "-rate", "300", "-seed", "2"}, &out), &out)
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	var r result
	require.NoError(t, json.Unmarshal(lines[len(lines)-1], &r))
	require.Zero(t, r.Wrong)
	require.Zero(t, r.GoroutinesLeft)
	require.Positive(t, r.Messages)
	require.Greater(t, r.Connections, uint64(60), "others take the place of those that end")
}

func TestSeedAndNumberDecideThePlan(t *testing.T) {
	o := &options{connections: 10, rate: 10, duration: time.Hour, faults: true}
	draw := func(number uint64) string {
		return o.newPlan(number, rand.New(rand.NewPCG(1, number))).String()
	}
	faulty := 0
	for number := range uint64(200) {
		require.Equal(t, draw(number), draw(number))
		if bytes.Contains([]byte(draw(number)), []byte("link")) {
			faulty++
		}
	}
	require.InDelta(t, 200*faultyPart, faulty, 25)
}

// newSession returns a session that is over, of an echo of three messages.
func newSession(p *plan) *session {
	s := &soak{out: io.Discard, endings: make(map[string]map[string]int)}
	c := &session{plan: p, soak: s, serving: &serving{plan: p, generation: newGeneration(1)}}
	c.sent.Store(3)
	c.received.Store(3)
	c.serving.received.Store(3)
	c.serving.replied.Store(3)
	return c
}

func TestWrongEndingIsFound(t *testing.T) {
	closed := func(code upgrade.CloseCode, reason string, fromPeer bool) *upgrade.CloseError {
		return &upgrade.CloseError{Code: code, Reason: reason, FromPeer: fromPeer}
	}
	p := plan{route: echo, ending: clientFails, code: 4000, reason: "bye"}
	for _, c := range []struct {
		what           string
		client, server *upgrade.CloseError
		wrong          int
	}{
		{"as planned", closed(4000, "bye", false), closed(4000, "bye", true), 0},
		{"another code at the server", closed(4000, "bye", false), closed(4001, "bye", true), 1},
		{"another reason", closed(4000, "bye", false), closed(4000, "", true), 1},
		{"the wrong one has closed", closed(4000, "bye", true), closed(4000, "bye", false), 2},
		{"cut", closed(1006, "", false), closed(1006, "", false), 2},
		{"no cause", nil, closed(4000, "bye", true), 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newSession(&p)
			s.judge(nil, c.client, c.server)
			require.Len(t, s.wrong, c.wrong)
		})
	}
}

func TestWrongCountIsFound(t *testing.T) {
	ok := func(fromPeer bool) *upgrade.CloseError { return &upgrade.CloseError{Code: 1000, FromPeer: fromPeer} }
	for what, change := range map[string]func(c *session){
		"a message did not arrive":   func(c *session) { c.serving.received.Store(2) },
		"a reply did not arrive":     func(c *session) { c.received.Store(2) },
		"more replies than messages": func(c *session) { c.serving.replied.Store(4) },
	} {
		t.Run(what, func(t *testing.T) {
			c := newSession(&plan{route: echo, ending: clientCompletes})
			change(c)
			c.judge(nil, ok(false), ok(true))
			require.Len(t, c.wrong, 1)
		})
	}
}

func TestWrongReplyIsFound(t *testing.T) {
	for _, c := range []struct {
		what  string
		reply message.Message
		wrong string
	}{
		{"of another content", message.Text("c"), "is changed"},
		{"of another kind", message.Binary([]byte("a")), "is changed"},
		{"out of order", message.Text("b"), "is that to the one 1 later"},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newSession(&plan{route: echo, ending: clientCompletes})
			s.waiting = []sent{{content: []byte("a"), isText: true}, {content: []byte("b"), isText: true}}
			require.Error(t, s.take(t.Context(), c.reply))
			require.Len(t, s.wrong, 1)
			require.Contains(t, s.wrong[0], c.wrong)
		})
	}
	t.Run("to nothing", func(t *testing.T) {
		s := newSession(&plan{route: echo, ending: clientCompletes})
		require.Error(t, s.take(t.Context(), message.Text("a")))
	})
	t.Run("a topic that leaves out a number", func(t *testing.T) {
		s := newSession(&plan{route: topic, ending: clientCompletes})
		require.NoError(t, s.take(t.Context(), message.Text("7 00")))
		require.NoError(t, s.take(t.Context(), message.Text("8 0")))
		require.Error(t, s.take(t.Context(), message.Text("10 0")))
	})
}

func TestTrendTellsGrowthFromNoise(t *testing.T) {
	samples := func(perMinute, noise float64) []sample {
		r := rand.New(rand.NewPCG(1, 1))
		var all []sample
		for i := range 60 {
			at := time.Duration(i) * 10 * time.Second
			all = append(all, sample{at: at, heap: uint64(1e8 + perMinute*at.Minutes() + noise*r.NormFloat64())})
		}
		return all
	}
	heap := func(s sample) uint64 { return s.heap }
	growth := trendOf(samples(5e6, 1e5), heap)
	require.InDelta(t, 5e6, growth.Slope, 1e5)
	require.False(t, growth.isFlat())
	require.True(t, trendOf(samples(0, 1e6), heap).isFlat())
	require.True(t, trendOf(samples(0, 0), heap).isFlat())
}

func TestQuantileIsWithinASixteenth(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	require.InEpsilon(t, 500*time.Millisecond, h.quantile(0.5), 1./15)
	require.InEpsilon(t, 990*time.Millisecond, h.quantile(0.99), 1./15)
}
