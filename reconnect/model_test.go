package reconnect_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A model is the queue of a client as lists: nothing is on its way for long.
type model struct {
	size              int
	full              flow.OverflowStrategy
	acks              bool
	up, connected     bool
	input             []string // waits for room
	queue, unacked    []string
	received, dropped []string
}

func (m *model) offer(v string) {
	m.input = append(m.input, v)
	m.settle()
}

// settle lets happen what can.
func (m *model) settle() {
	for {
		if m.connected && len(m.queue) > 0 {
			m.received = append(m.received, m.queue...)
			if m.acks {
				m.unacked = append(m.unacked, m.queue...)
			}
			m.queue = nil
		}
		if len(m.input) == 0 {
			return
		}
		v := m.input[0]
		if len(m.queue)+len(m.unacked) >= m.size {
			switch {
			case m.full == flow.Backpressure:
				return
			case m.full == flow.DropNewest || len(m.queue) == 0:
				m.dropped, m.input = append(m.dropped, v), m.input[1:]
				continue
			case m.full == flow.DropOldest:
				m.dropped, m.queue = append(m.dropped, m.queue[0]), m.queue[1:]
			case m.full == flow.DropAll:
				m.dropped, m.queue = append(m.dropped, m.queue...), nil
			}
		}
		m.queue, m.input = append(m.queue, v), m.input[1:]
	}
}

func (m *model) connect() {
	if m.up && !m.connected {
		m.connected = true
		m.received = append(m.received, m.unacked...)
		m.settle()
	}
}

func (m *model) ack(n int) {
	if m.connected {
		m.unacked = m.unacked[min(n, len(m.unacked)):]
		m.settle()
	}
}

// A recorder is a server that keeps what it gets, and says what the test says.
type recorder struct {
	mu       sync.Mutex
	received []string
	says     *flow.Queue[message.Message]
}

func (r *recorder) serve(in messages) messages {
	r.mu.Lock()
	r.says = flow.NewQueue[message.Message](100)
	says := r.says
	r.mu.Unlock()
	return flow.Merge(says.Source(), flow.FilterMap(in, func(m message.Message) (message.Message, bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.received = append(r.received, m.Text())
		return m, false
	}))
}

func (r *recorder) say(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.says != nil {
		r.says.Offer(message.Text(text))
	}
}

// A trial is a client, its model, and the server between them.
type trial struct {
	*model
	recorder
	address
	server  *wstest.Server
	in      *flow.Queue[message.Message]
	out     *listener
	offered int
	lost    []string
}

func (w *trial) check(t *rapid.T) {
	synctest.Wait()
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	if !slices.Equal(w.model.received, w.recorder.received) {
		t.Fatalf("the server has %v, want %v", w.recorder.received, w.model.received)
	}
	if !slices.Equal(w.lost, w.dropped) {
		t.Fatalf("lost are %v, want %v", w.lost, w.dropped)
	}
}

func (w *trial) actions() map[string]func(*rapid.T) {
	rest := func(*rapid.T) {
		time.Sleep(time.Second)
		w.connect()
	}
	return map[string]func(*rapid.T){
		"": w.check,
		"offer": func(t *rapid.T) {
			for range rapid.IntRange(1, 6).Draw(t, "n") {
				w.offered++
				v := strconv.Itoa(w.offered)
				w.in.Offer(message.Text(v))
				synctest.Wait()
				w.offer(v)
			}
		},
		"up": func(t *rapid.T) {
			w.up = true
			w.becomes(w.server)
			rest(t)
		},
		"down": func(*rapid.T) {
			w.up, w.connected = false, false
			w.becomes(nil).cut()
		},
		"cut": func(*rapid.T) {
			w.connected = false
			w.cut()
		},
		"rest": rest,
		"ack": func(t *rapid.T) {
			n := rapid.IntRange(1, 5).Draw(t, "n")
			if w.acks && w.connected {
				w.say(strconv.Itoa(n))
				synctest.Wait()
				w.ack(n)
			}
		},
	}
}

// What a client sends is what its model does: in order, once, or more than once with acks, and what is dropped is told.
func TestQueueDoesAsItsModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var current *trial
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(func(in messages) messages { return current.serve(in) }))
		rapid.Check(inBubble{t}, func(rt *rapid.T) {
			w := &trial{server: server, in: flow.NewQueue[message.Message](10_000), model: &model{
				size: rapid.IntRange(1, 5).Draw(rt, "queue"),
				full: rapid.SampledFrom([]flow.OverflowStrategy{flow.Backpressure, flow.DropOldest, flow.DropNewest, flow.DropAll}).Draw(rt, "full"),
				acks: rapid.Bool().Draw(rt, "acks"),
			}}
			current = w
			client := w.client()
			client.Queue, client.Overflow = w.size, w.full
			client.Lost = func(m message.Message, _ error) { w.lost = append(w.lost, m.Text()) }
			if w.acks {
				client.Acked = func(m message.Message) int {
					n, err := strconv.Atoi(m.Text())
					require.NoError(rt, err)
					return n
				}
			}
			w.out = listen(t, client.Flow()(w.in.Source()))
			defer w.out.cancel(errTest)
			synctest.Wait()
			actions := w.actions()
			rt.Repeat(actions)
			actions["up"](rt)
			w.check(rt)
			w.in.Close()
			for w.acks && len(w.unacked)+len(w.input) > 0 {
				w.say("5")
				synctest.Wait()
				w.ack(5)
			}
			require.NoError(rt, w.out.end())
			w.check(rt)
		})
	})
}

// inBubble hides from rapid that it could ask a test for its deadline, which is not possible in a bubble.
type inBubble struct{ *testing.T }
