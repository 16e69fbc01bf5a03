package upgrade_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

func TestStress(t *testing.T) {
	id := func(m message.Message) message.Message { return m }
	handlers := []upgrade.Handler{
		func(in flow.Source[message.Message]) flow.Source[message.Message] { return flow.Map(in, id) },
		func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(flow.Async(in), id)
		},
		func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.MapAsync(in, 4, func(_ context.Context, m message.Message) (message.Message, error) {
				time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
				return m, nil
			})
		},
		func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(in, func(m message.Message) message.Message {
				if rand.IntN(50) == 0 {
					time.Sleep(8 * time.Millisecond)
				}
				return m
			})
		},
	}
	before := runtime.NumGoroutine()
	for _, streaming := range []bool{false, true} {
		var ws upgrade.Upgrader
		ws.Streaming = streaming
		mux := http.NewServeMux()
		for i, h := range handlers {
			mux.Handle(fmt.Sprintf("GET /%d", i), ws.Handler(h))
		}
		srv := httptest.NewServer(mux)
		var wg sync.WaitGroup
		ctx := context.Background()
		for n := range 64 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				rnd := rand.New(rand.NewPCG(uint64(n), 1))
				var d upgrade.Dialer
				t0 := time.Now()
				d.Streaming = rnd.IntN(2) == 0
				c, _, err := d.Dial(ctx, strings.Replace(srv.URL, "http", "ws", 1)+fmt.Sprintf("/%d", n%len(handlers)))
				if err != nil {
					t.Error(err)
					return
				}
				const count = 100
				var want []string
				for i := range count {
					want = append(want, strings.Repeat(fmt.Sprint(i, "-"), 1+rnd.IntN(1+rnd.IntN(20000))))
				}
				go func() {
					for i, s := range want {
						m := message.Text(s)
						if i%3 == 0 {
							k := rnd.IntN(len(s))
							m = message.TextStream(flow.Of(s[:k], s[k:]))
						}
						if err := c.Send(ctx, m); err != nil {
							t.Error("send", n, err)
						}
						if i%10 == 0 {
							go c.Ping(ctx)
						}
					}
				}()
				i := 0
				err = flow.Take(c.Source(), count).Run(ctx, func(m message.Message) error {
					m, err := m.Strict(ctx, 0)
					if err != nil {
						return err
					}
					if m.Text() != want[i] {
						return fmt.Errorf("message %d differs", i)
					}
					i++
					return nil
				})
				if err != nil {
					t.Error("source", n, streaming, err)
				}
				st := time.Now()
				if err := c.Close(1000, ""); err != nil {
					t.Error("close", n, err)
				}
				t.Log(streaming, n%len(handlers), "close", time.Since(st), "total", st.Sub(t0))
			}()
		}
		wg.Wait()
		require.NoError(t, ws.Shutdown(ctx))
		srv.Close()
	}
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		buf := make([]byte, 1<<20)
		t.Fatalf("%d goroutines left\n%s", n-before, buf[:runtime.Stack(buf, true)])
	}
}
