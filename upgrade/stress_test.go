package upgrade_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// pause is a handler's work, of up to d.
func pause(m message.Message, d time.Duration) message.Message {
	<-time.After(rand.N(d))
	return m
}

var echoes = map[string]handler{
	"/sync":  echo,
	"/async": func(in source) source { return echo(flow.Async(in)) },
	"/ordered": func(in source) source {
		return flow.MapAsync(in, 4, func(_ context.Context, m message.Message) (message.Message, error) {
			return pause(m, time.Millisecond), nil
		})
	},
	"/busy": func(in source) source { // longer than the stand-in's patience, now and then
		return flow.Map(in, func(m message.Message) message.Message {
			if rand.N(50) == 0 {
				return pause(m, 20*time.Millisecond)
			}
			return m
		})
	},
}

func TestEveryMessageComesBackWhileBothEndsSendAndPing(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		ws := &upgrade.Upgrader{Settings: streaming()}
		mux := http.NewServeMux()
		for path, h := range echoes {
			mux.Handle("GET "+path, ws.Handler(h))
		}
		server := wstest.NewServer(t, mux, w)
		var clients sync.WaitGroup
		for path := range echoes {
			for n := range uint64(2) {
				clients.Go(func() { talk(t, server, path, rand.New(rand.NewPCG(n, 1))) })
			}
		}
		clients.Wait()
		require.NoError(t, ws.Shutdown(t.Context()))
	})
}

// talk sends messages of random sizes, strict and streamed, and pings, and compares what comes back.
func talk(t *testing.T, server *wstest.Server, path string, random *rand.Rand) {
	const count = 40
	d := server.Dialer()
	d.Streaming = random.IntN(2) == 0
	c, _, err := d.Dial(t.Context(), server.URL(path))
	if err != nil {
		t.Error(path, err)
		return
	}
	want := make([]string, count)
	for i := range want {
		want[i] = strings.Repeat(fmt.Sprint(i, "-"), 1+random.IntN(1+random.IntN(3000)))
	}
	var senders sync.WaitGroup
	senders.Go(func() {
		for i, text := range want {
			m := message.Text(text)
			if i%3 == 0 {
				m = message.TextStream(flow.Of(text[:len(text)/3], text[len(text)/3:]))
			}
			if err := c.Send(t.Context(), m); err != nil {
				t.Error(path, err)
			}
			if i%10 == 0 {
				senders.Go(func() { _, _ = c.Ping(t.Context()) })
			}
		}
	})
	next := 0
	err = flow.Take(c.Source(), count).Run(t.Context(), func(m message.Message) error {
		m, err := m.Strict(t.Context(), 0)
		if err == nil && m.Text() != want[next] {
			err = fmt.Errorf("message %d differs", next)
		}
		next++
		return err
	})
	if err != nil {
		t.Error(path, err)
	}
	if err := c.Close(1000, ""); err != nil {
		t.Error(path, err)
	}
	senders.Wait()
}
