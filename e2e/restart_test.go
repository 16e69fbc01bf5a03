package e2e_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
)

// A service has one address, behind which one server follows the other. It numbers its messages from 1 on.
type service struct {
	t       *testing.T
	addr    string
	upgrade *upgrade.Upgrader
	server  *http.Server
	served  chan error

	mu    sync.Mutex
	topic *hub.Topic[int]
	said  int
	first map[uint64]int // by epoch: the number before its first one
}

func startService(t *testing.T) *service {
	s := &service{t: t, addr: "127.0.0.1:0", first: make(map[uint64]int)}
	s.begin(true)
	t.Cleanup(func() { s.end(0) })
	return s
}

// begin starts the next server, with a topic of its own if it knows nothing of those before.
func (s *service) begin(anew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if anew {
		s.topic = hub.NewTopic(hub.Settings[int]{Log: 100_000})
		s.first[s.topic.Position().Epoch] = s.said
	}
	listener, err := net.Listen("tcp", s.addr)
	require.NoError(s.t, err)
	s.addr = listener.Addr().String()
	settings := upgrade.Settings{Logger: slog.New(slog.DiscardHandler)} // of handshakes that the end has cut
	s.upgrade = &upgrade.Upgrader{Settings: settings, ShutdownCode: 1012}
	s.server = &http.Server{Handler: s.upgrade.HandlerFunc(reconnect.Feed(s.topic, hub.Options{})), ReadHeaderTimeout: patience}
	s.served = make(chan error, 1)
	go func(server *http.Server, served chan<- error) { served <- server.Serve(listener) }(s.server, s.served)
}

// end ends the server; what has not ended by itself in time is cut.
func (s *service) end(within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	require.NoError(s.t, s.server.Close())
	require.ErrorIs(s.t, <-s.served, http.ErrServerClosed)
	_ = s.upgrade.Shutdown(ctx)
}

func (s *service) say(n int) {
	for range n {
		s.mu.Lock()
		s.said++
		_, err := s.topic.Publish(context.Background(), s.said)
		s.mu.Unlock()
		require.NoError(s.t, err)
		time.Sleep(time.Millisecond) // so that some are said at each moment of a restart
	}
}

// A tally is what one client makes of what it gets.
type tally struct {
	next, got, missed, lost, wrong int
	first                          bool
}

// take accounts for all numbers up to that of the item.
func (c *tally) take(i hub.Item[int], before int) {
	if i.Reset {
		c.lost += before - (c.next - 1) // all that the topic before had yet to say
		c.next = before + 1
	}
	if first, last := i.Missing(); i.Missed > 0 {
		if before+int(first) != c.next {
			c.wrong++
		}
		c.missed += int(i.Missed)
		c.next = before + int(last) + 1
	}
	if i.NoValue {
		return
	}
	if i.Value != c.next { // twice, or out of order, or some are not there and nobody has said so
		c.wrong++
	}
	c.next, c.got = i.Value+1, c.got+1
}

// A thousand clients, on real sockets, of a server that is restarted again and again while it speaks: none loses a message, or
// gets one twice, or out of order; and where the server has forgotten what it has said, the clients know what they did not get.
func TestRollingRestartLosesNothing(t *testing.T) {
	clients := 1000
	if raceEnabled {
		clients = 100
	}
	for _, test := range []struct {
		name    string
		within  time.Duration
		forgets bool
	}{
		{"in good order", patience, false},
		{"by a crash", 0, false},
		{"in good order, and the server forgets", patience, true},
		{"by a crash, and the server forgets", 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startService(t)
			tallies, leave := s.follow(clients)
			said := make(chan struct{})
			for range 3 {
				go func() {
					s.say(120)
					said <- struct{}{}
				}()
				s.say(40)
				s.end(test.within)
				if test.forgets {
					<-said // what nobody can have heard
				}
				s.begin(test.forgets)
				if !test.forgets {
					<-said
				}
			}
			s.say(40)
			leave()
			lost := 0
			for n, c := range tallies {
				require.Zero(t, c.wrong, "client %d", n)
				require.Equal(t, s.said, c.got+c.lost, "client %d", n)
				require.Zero(t, c.missed, "client %d", n)
				lost += c.lost
			}
			require.Equal(t, test.forgets, lost > 0)
			t.Logf("%d clients, %d messages, %d lost and known to be", clients, s.said, lost)
		})
	}
}

// follow lets clients follow the topic. What it returns waits until all of them have accounted for all that was said.
func (s *service) follow(clients int) (tallies []tally, leave func()) {
	client := reconnect.Client{
		URL: "ws://" + s.addr + "/", Dialer: &upgrade.Dialer{HandshakeTimeout: patience},
		Backoff: reconnect.Backoff{Base: 300 * time.Millisecond, Max: time.Second},
	}
	tallies = make([]tally, clients)
	ctx, cancel := context.WithCancelCause(context.Background())
	errOver := errors.New("the test is over")
	there := make(chan struct{}, clients)
	var all sync.WaitGroup
	var mu sync.Mutex
	for n := range tallies {
		c := &tallies[n]
		c.next = 1
		all.Go(func() {
			err := reconnect.Topic[int]{Client: &client}.Source().Run(ctx, func(i hub.Item[int]) error {
				s.mu.Lock()
				before := s.first[i.Position.Epoch]
				s.mu.Unlock()
				mu.Lock()
				defer mu.Unlock()
				c.take(i, before)
				if !c.first {
					c.first = true
					there <- struct{}{}
				}
				return nil
			})
			if !errors.Is(err, errOver) {
				s.t.Errorf("client %d: %v", n, err)
			}
		})
	}
	for range clients {
		receive(s.t, there, "a client")
	}
	return tallies, func() {
		require.Eventually(s.t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, c := range tallies {
				if c.next <= s.said {
					return false
				}
			}
			return true
		}, patience, 10*time.Millisecond)
		cancel(errOver)
		all.Wait()
	}
}
