package reconnect_test

import (
	"context"
	"fmt"
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

// serving runs a Client, and returns what ends it and how it has ended.
func serving(client reconnect.Client, h handler) (context.CancelCauseFunc, <-chan error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx, h) }()
	return cancel, ended
}

func TestEachConnectionIsServedByARunOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		client.Hello = func(_ context.Context, at reconnect.Attempt) ([]message.Message, error) {
			return []message.Message{message.Text(fmt.Sprint("worker ", at.Number))}, nil
		}
		counting := func(in messages) messages {
			n := 0
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				require.NotNil(t, upgrade.FromContext(ctx))
				n++
				return message.Text(fmt.Sprint(m.Text(), " ", n)), nil
			})
		}
		cancel, ended := serving(client, counting)
		for i := range 3 {
			p := s.Accept()
			p.ExpectText(fmt.Sprint("worker ", i+1))
			p.WriteText("job")
			p.ExpectText("job 1")
			p.WriteText("job")
			p.ExpectText("job 2")
			if i < 2 {
				closeWith(p, []upgrade.CloseCode{1001, 1006}[i])
				continue
			}
			cancel(errTest)
			p.ExpectClose(1001)
			p.WriteClose(1001, "")
			p.Cut()
		}
		require.Equal(t, errTest, <-ended)
	})
}

func TestHandlerThatEndsByItselfEndsTheRun(t *testing.T) {
	type map1 = func(context.Context, message.Message) (message.Message, error)
	failing := func(f map1) handler { return func(in messages) messages { return flow.TryMap(in, f) } }
	for name, test := range map[string]struct {
		h    handler
		code upgrade.CloseCode
		err  string
	}{
		"complete": {func(in messages) messages { return flow.Take(in, 1) }, 1000, ""},
		"with a code": {failing(func(context.Context, message.Message) (message.Message, error) {
			return message.Message{}, &upgrade.CloseError{Code: 1001}
		}), 1001, ""},
		"failed": {failing(func(context.Context, message.Message) (message.Message, error) {
			return message.Message{}, errTest
		}), 1011, "1011 internal error: it broke"},
		"panics": {failing(func(context.Context, message.Message) (message.Message, error) { panic("oops") }), 1011, "1011 internal error: flow: panic: oops"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := wstest.NewPeerServer(t)
				client := new(address).becomes(s.Server).client()
				client.Dialer.Logger = quiet
				_, ended := serving(client, test.h)
				p := s.Accept()
				p.WriteText("x")
				for {
					f, err := p.TryReadFrame()
					require.NoError(t, err)
					if f.Opcode == 8 {
						require.Equal(t, wstest.CloseFrame(test.code, "").Payload[:2], f.Payload[:2])
						break
					}
				}
				p.WriteClose(test.code, "")
				p.Cut()
				if test.err == "" {
					require.NoError(t, <-ended)
				} else {
					require.ErrorContains(t, <-ended, test.err)
				}
			})
		})
	}
}

func TestHandlerThatPanicsWhenItIsMadeEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		client := newAddress(t, ws.Handler(echo)).client()
		client.Dialer.Logger = quiet
		_, ended := serving(client, func(messages) messages { panic("oops") })
		require.ErrorContains(t, <-ended, "oops")
	})
}

func TestServerThatClosesWith1000EndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		_, ended := serving(new(address).becomes(s.Server).client(), echo)
		closeWith(s.Accept(), 1000)
		require.NoError(t, <-ended)
	})
}

func TestRunEndsWithTheCauseOfItsContextAlsoWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancel, ended := serving(new(address).client(), echo)
		time.Sleep(time.Minute)
		cancel(errTest)
		require.Equal(t, errTest, <-ended)
		ctx, cancelled := context.WithCancelCause(t.Context())
		cancelled(errTest)
		client := new(address).client()
		require.Equal(t, errTest, client.Run(ctx, echo))
	})
}
