package reconnect_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A generation is a server between two restarts.
type generation struct {
	ws     *upgrade.Upgrader
	server *wstest.Server
	topic  *hub.Topic[int]
}

// A rolling is a service that numbers its messages from 1 on, and is restarted meanwhile.
type rolling struct {
	t *testing.T
	address
	forgets bool // each generation has a topic of its own
	log     int

	mu      sync.Mutex
	said    int            // numbers
	first   map[uint64]int // by epoch: the number before the first one
	current generation
}

func newRolling(t *testing.T, forgets bool, log int) *rolling {
	r := &rolling{t: t, forgets: forgets, log: log, first: make(map[uint64]int)}
	r.start()
	return r
}

// start puts a new generation behind the address.
func (r *rolling) start() {
	g := generation{ws: &upgrade.Upgrader{ShutdownCode: 1012}, topic: r.current.topic}
	if r.forgets || g.topic == nil {
		g.topic = numbered(r.log)
	}
	g.server = wstest.NewServer(r.t, g.ws.HandlerFunc(reconnect.Feed(g.topic, hub.Options{})))
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.first[g.topic.Position().Epoch]; !known {
		r.first[g.topic.Position().Epoch] = r.said
	}
	r.current = g
	r.becomes(g.server)
}

// say publishes the next number, whether anybody can hear it or not.
func (r *rolling) say() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said++
	_, err := r.current.topic.Publish(context.Background(), r.said)
	require.NoError(r.t, err)
}

// talk says a number every few milliseconds for so long.
func (r *rolling) talk(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.say()
		time.Sleep(50 * time.Millisecond)
	}
}

// stop ends a generation as a deployment does, or as a crash does.
func (r *rolling) stop(crash bool) {
	r.becomes(nil)
	if crash {
		r.cut()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(r.t, r.current.ws.Shutdown(ctx))
}

// A count is what one client makes of what it gets.
type count struct {
	next                              int // the number that is to come
	got, missed, lost, doubled, mixed int
}

// take accounts for an item: numbers that are not there must be among those that it says are missing, or, at a
// reset, the last ones of the epoch before.
func (c *count) take(r *rolling, i item) {
	if i.Reset {
		c.lost += r.first[i.Position.Epoch] - (c.next - 1) // of which the reset tells: all between the positions
		c.next = r.first[i.Position.Epoch] + 1
	}
	if first, last := i.Missing(); i.Missed > 0 {
		if from := r.first[i.Position.Epoch] + int(first); from != c.next {
			c.mixed++
		}
		c.missed += int(i.Missed)
		c.next = r.first[i.Position.Epoch] + int(last) + 1
	}
	switch {
	case i.NoValue:
	case i.Value < c.next:
		c.doubled++
	case i.Value > c.next:
		c.mixed++
	default:
		c.next++
		c.got++
	}
}

// The measure of the package: a server is restarted while its clients listen.
func TestRollingRestart(t *testing.T) {
	for _, test := range []struct {
		name           string
		crash, forgets bool
		log, clients   int
	}{
		{"the log survives", false, false, 100_000, 1000},
		{"the log survives a crash", true, false, 100_000, 1000},
		{"the log survives, and is too short", true, false, 50, 300},
		{"the log does not survive", false, true, 100_000, 300},
		{"the log does not survive a crash", true, true, 100_000, 300},
	} {
		clients := test.clients
		if underRace {
			clients /= 10
		}
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRolling(t, test.forgets, test.log)
				counts, left := followAll(t, r, clients)
				synctest.Wait()
				for range 3 {
					r.talk(5 * time.Second)
					r.stop(test.crash)
					if !test.forgets {
						r.talk(3 * time.Second) // while nobody can hear it
					} else {
						time.Sleep(3 * time.Second)
					}
					r.start()
				}
				r.talk(5 * time.Second)
				time.Sleep(10 * time.Minute) // the longest wait is a minute
				left()

				var sum count
				for n, c := range counts {
					require.Equal(t, r.said, c.next-1, "client %d", n)
					require.Equal(t, r.said, c.got+c.missed+c.lost, "client %d", n)
					sum.got, sum.missed, sum.lost = sum.got+c.got, sum.missed+c.missed, sum.lost+c.lost
					sum.doubled, sum.mixed = sum.doubled+c.doubled, sum.mixed+c.mixed
				}
				require.Zero(t, sum.doubled)
				require.Zero(t, sum.mixed)
				require.Equal(t, test.log < 1000, sum.missed > 0)
				if !test.forgets {
					require.Zero(t, sum.lost)
				}
				t.Logf("%d clients, %d messages: got %d, told of %d missing, of %d lost with an epoch; %d attempts",
					clients, r.said, sum.got, sum.missed, sum.lost, r.attempts())
			})
		})
	}
}

// followAll lets so many clients follow the topic, and returns what they count, and what ends them.
func followAll(t *testing.T, r *rolling, clients int) (counts []count, leave func()) {
	random := rand.New(rand.NewPCG(7, 11))
	var mu sync.Mutex
	backoff := reconnect.Backoff{Rand: func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Float64()
	}}
	client := reconnect.Client{URL: "ws://server/", Dialer: &upgrade.Dialer{DialContext: r.DialContext}, Backoff: backoff}
	counts = make([]count, clients)
	ctx, cancel := context.WithCancelCause(context.Background())
	var all sync.WaitGroup
	for n := range counts {
		c := &counts[n]
		c.next = 1
		all.Go(func() {
			err := reconnect.Topic[int]{Client: &client}.Source().Run(ctx, func(i item) error {
				r.mu.Lock()
				defer r.mu.Unlock()
				c.take(r, i)
				return nil
			})
			if err != errTest {
				t.Errorf("client %d: %v", n, err)
			}
		})
	}
	return counts, func() {
		cancel(errTest)
		all.Wait()
	}
}
