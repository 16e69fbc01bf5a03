package reconnect_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestHelloComesFirstOnEachConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		var attempts []reconnect.Attempt
		client.Target = func(_ context.Context, at reconnect.Attempt) (string, http.Header, error) {
			attempts = append(attempts, at)
			return fmt.Sprint("ws://server/?n=", at.Number), http.Header{"X-Token": {fmt.Sprint("token ", at.Number)}}, nil
		}
		client.Hello = func(_ context.Context, at reconnect.Attempt) ([]message.Message, error) {
			return []message.Message{message.Text(fmt.Sprint("hello ", at.Number)), message.Text(fmt.Sprint("after ", at.Connections))}, nil
		}
		l := listen(t, client.Flow()(then(texts("1"))))
		p := s.Accept()
		p.ExpectText("hello 1")
		p.ExpectText("after 0")
		p.ExpectText("1")
		time.Sleep(15 * time.Second)
		p.WriteClose(1012, "restart")
		p.ExpectClose(1012)
		p.Cut()
		p = s.Accept()
		p.ExpectText("hello 2")
		p.ExpectText("after 1")
		require.Len(t, attempts, 2)
		require.Equal(t, reconnect.Attempt{Number: 1}, attempts[0])
		require.Equal(t, reconnect.Attempt{
			Number: 2, Failures: 1, Connections: 1, Err: &upgrade.CloseError{Code: 1012, Reason: "restart", FromPeer: true},
		}, attempts[1])
		p.Cut()
		l.leave()
	})
}

func TestTargetSaysWhereAndWithWhat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan *http.Request, 1)
		a := newAddress(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r
			w.WriteHeader(http.StatusForbidden)
		}))
		client := a.client()
		client.Dialer.Header = http.Header{"X-Token": {"old"}, "X-Other": {"other"}}
		client.Target = func(context.Context, reconnect.Attempt) (string, http.Header, error) {
			return "ws://server/feed?after=7", http.Header{"X-Token": {"new"}}, nil
		}
		err := listen(t, client.Flow()(flow.Never[message.Message]())).end()
		var refused *upgrade.RefusedError
		require.ErrorAs(t, err, &refused)
		r := <-asked
		require.Equal(t, "/feed?after=7", r.RequestURI)
		require.Equal(t, []string{"new"}, r.Header["X-Token"])
		require.Equal(t, []string{"other"}, r.Header["X-Other"])
		require.Equal(t, []string{"old"}, client.Dialer.Header["X-Token"])
	})
}

func TestHookThatFailsIsAFailedAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		n := 0
		client.Target = func(context.Context, reconnect.Attempt) (string, http.Header, error) {
			if n++; n == 1 {
				return "", nil, errTest
			}
			return "ws://server/", nil, nil
		}
		client.Hello = func(_ context.Context, at reconnect.Attempt) ([]message.Message, error) {
			if n == 2 {
				require.EqualError(t, at.Err, "reconnect: Target: it broke")
				return nil, errTest
			}
			require.EqualError(t, at.Err, "reconnect: Hello: it broke")
			require.Equal(t, 2, at.Failures)
			require.Zero(t, at.Connections)
			return nil, nil
		}
		l := listen(t, client.Flow()(then(texts("1"))))
		p := s.Accept()
		p.ExpectClose(1001)
		p.WriteClose(1001, "")
		p.Cut()
		p = s.Accept()
		p.ExpectText("1")
		p.Cut()
		l.leave()
	})
}

func TestPanicOfAHookEndsTheRunAsAPanic(t *testing.T) {
	oops := func() { panic("oops") }
	for name, set := range map[string]func(c *reconnect.Client){
		"Target": func(c *reconnect.Client) {
			c.Target = func(context.Context, reconnect.Attempt) (string, http.Header, error) { oops(); return "", nil, nil }
		},
		"Hello": func(c *reconnect.Client) {
			c.Hello = func(context.Context, reconnect.Attempt) ([]message.Message, error) { oops(); return nil, nil }
		},
		"Acked": func(c *reconnect.Client) { c.Acked = func(message.Message) int { oops(); return 0 } },
		"Lost": func(c *reconnect.Client) {
			c.Lost = func(message.Message, error) { oops() }
			c.Queue, c.Overflow, c.Dialer = 1, flow.DropOldest, &upgrade.Dialer{DialContext: new(address).DialContext}
		},
		"Retry": func(c *reconnect.Client) {
			c.Retry = func(error) bool { oops(); return false }
			c.Dialer = &upgrade.Dialer{DialContext: new(address).DialContext}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				client := newAddress(t, ws.Handler(echo)).client()
				set(&client)
				ended := make(chan error, 1)
				go client.Flow()(then(texts("1", "2", "3"))).Start(t.Context(), func(message.Message) error { return nil }, func(err error) { ended <- err })
				var panicked *flow.PanicError
				require.ErrorAs(t, <-ended, &panicked)
				require.Equal(t, "oops", panicked.Value)
			})
		})
	}
}
