package reconnect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestFlowSurvivesItsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		a := newAddress(t, ws.Handler(echo))
		client := a.client()
		in := flow.NewQueue[message.Message](10)
		l := listen(t, client.Flow()(in.Source()))
		in.Offer(message.Text("1"))
		synctest.Wait()
		require.Equal(t, numbers(1, 1), l.heard())
		a.cut()
		synctest.Wait()
		in.Offer(message.Text("2"))
		time.Sleep(time.Second - time.Millisecond)
		require.Equal(t, numbers(1, 1), l.heard())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Equal(t, numbers(1, 2), l.heard())
		in.Offer(message.Text("3"))
		in.Close()
		require.NoError(t, l.end())
		require.Equal(t, numbers(1, 3), l.heard())
		require.Equal(t, 2, a.attempts())
	})
}

func TestEndOfTheInputSendsWhatWaitsAndClosesWith1000(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address)
		client := a.client()
		l := listen(t, client.Flow()(texts("1", "2")))
		time.Sleep(time.Minute)
		require.Len(t, l.ended, 0) // though the input has ended
		a.becomes(s.Server)
		p := s.Accept()
		p.ExpectText("1")
		p.ExpectText("2")
		p.ExpectClose(1000)
		p.WriteText("the last word")
		p.WriteClose(1000, "")
		p.Cut()
		require.NoError(t, l.end())
		require.Equal(t, []string{"the last word"}, l.heard())
	})
}

func TestInputThatEndsWithNothingLeftNeedsNoConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			in  messages
			err error
		}{
			"complete": {endAfter(time.Minute, nil), nil},
			"failed":   {endAfter(time.Minute, errTest), errTest},
		} {
			a := new(address)
			client := a.client()
			start := time.Now()
			require.Equal(t, test.err, listen(t, client.Flow()(test.in)).end(), name)
			require.Equal(t, time.Minute, time.Since(start), name)
			require.Greater(t, a.attempts(), 50, name)
		}
	})
}

func TestAttemptEndsWhenNobodyNeedsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var client reconnect.Client
		client.Target = func(ctx context.Context, _ reconnect.Attempt) (string, http.Header, error) {
			<-ctx.Done()
			return "", nil, ctx.Err()
		}
		start := time.Now()
		require.NoError(t, listen(t, client.Flow()(endAfter(time.Second, nil))).end())
		require.Equal(t, time.Second, time.Since(start))
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		synctest.Wait()
		l.leave()
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestErrorOfTheInputComesAfterWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		failing := flow.Fail[message.Message](&upgrade.CloseError{Code: 4000, Reason: "enough"})
		l := listen(t, client.Flow()(flow.Concat(texts("1", "2"), failing)))
		p := s.Accept()
		p.ExpectText("1")
		p.ExpectText("2")
		require.Equal(t, "enough", p.ExpectClose(4000))
		p.WriteClose(4000, "")
		p.Cut()
		require.Equal(t, &upgrade.CloseError{Code: 4000, Reason: "enough"}, l.end())
	})
}

func TestCancelledClientClosesWith1001(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		p := s.Accept()
		synctest.Wait()
		l.cancel(errTest)
		p.ExpectClose(1001)
		p.WriteClose(1001, "")
		p.Cut()
		require.Equal(t, errTest, l.end())
	})
}

func TestWhatFollowsDecidesTheCodeWhenItWantsNoMore(t *testing.T) {
	for name, test := range map[string]struct {
		out  flow.Flow[message.Message, message.Message]
		code upgrade.CloseCode
	}{
		"has enough": {func(in messages) messages { return flow.Take(in, 1) }, 1000},
		"fails": {func(in messages) messages {
			return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) { return message.Message{}, errTest })
		}, 1000},
		"fails with a code": {func(in messages) messages {
			return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) {
				return message.Message{}, fmt.Errorf("what is that: %w", &upgrade.CloseError{Code: 1007})
			})
		}, 1007},
		"panics": {func(in messages) messages {
			return flow.Map(in, func(message.Message) message.Message { panic("oops") })
		}, 1011},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := wstest.NewPeerServer(t)
				client := new(address).becomes(s.Server).client()
				ended := make(chan error, 1)
				go test.out(client.Flow()(flow.Never[message.Message]())).Start(context.Background(),
					func(message.Message) error { return nil }, func(err error) { ended <- err })
				p := s.Accept()
				p.WriteText("x")
				p.ExpectClose(test.code)
				p.WriteClose(test.code, "")
				p.Cut()
				err := <-ended
				switch name {
				case "has enough":
					require.NoError(t, err)
				case "panics":
					var panicked *flow.PanicError
					require.ErrorAs(t, err, &panicked)
					require.Equal(t, "oops", panicked.Value)
				default:
					require.Error(t, err)
				}
			})
		})
	}
}

func TestMessageThatCannotBeSentFailsTheFlow(t *testing.T) {
	for name, m := range map[string]message.Message{
		"a text that is not UTF-8": message.Text("\xff"),
		"a stream that fails":      message.TextStream(flow.Concat(flow.Of("begun"), flow.Fail[string](errTest))),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				ws.Logger = quiet
				a := newAddress(t, ws.Handler(echo))
				client := a.client()
				client.Dialer.Logger = quiet
				var lost []string
				client.Lost = func(m message.Message, _ error) {
					if m.IsStrict() {
						lost = append(lost, m.Text())
					}
				}
				err := listen(t, client.Flow()(then(flow.Concat(flow.Of(message.Text("1"), m), texts("2"))))).end()
				if m.IsStrict() {
					require.ErrorIs(t, err, upgrade.ErrInvalidText)
					require.Equal(t, []string{"\xff", "2"}, lost)
				} else {
					require.ErrorIs(t, err, errTest)
					require.Equal(t, []string{"2"}, lost)
				}
				require.Equal(t, 1, a.attempts())
			})
		})
	}
}

// What a connection was given is not given to another one, and what it was not given is.
func TestMessageIsGivenToOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t, wstest.Wire{Buffer: 1 << 10})
		a := new(address).becomes(s.Server)
		client := a.client()
		var lost []string
		client.Lost = func(m message.Message, err error) {
			require.ErrorAs(t, err, new(*upgrade.CloseError))
			lost = append(lost, m.Text()[:1])
		}
		in := flow.NewQueue[message.Message](10)
		l := listen(t, client.Flow()(in.Source()))
		p := s.Accept()
		in.Offer(message.Text("1"))
		synctest.Wait()
		in.Offer(message.Text("2" + strings.Repeat("x", 10_000))) // more than there is room for: amid it the network is cut
		in.Offer(message.Text("3"))
		synctest.Wait()
		p.ExpectText("1")
		a.cut()
		p = s.Accept()
		p.ExpectText("3")
		in.Close()
		p.ExpectClose(1000)
		p.WriteClose(1000, "")
		p.Cut()
		require.NoError(t, l.end())
		require.Equal(t, []string{"2"}, lost)
	})
}

func TestRunsOfOneClientAreIndependent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		client := newAddress(t, ws.Handler(echo)).client()
		out := client.Flow()(texts("1", "2"))
		for range 3 {
			go func() {
				got, err := flow.Collect(t.Context(), out)
				require.NoError(t, err)
				require.Equal(t, numbers(1, 2), contents(got))
			}()
		}
		synctest.Wait()
	})
}

func TestFlowKeepsTheLaws(t *testing.T) {
	for name, queue := range map[string]int{"a queue of one": 1, "a queue": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				ws.Logger = quiet
				client := newAddress(t, ws.Handler(echo)).client()
				client.Queue, client.Dialer.Logger = queue, quiet
				over := func(in flow.Source[string]) flow.Source[string] {
					return flow.Map(client.Flow()(flow.Map(in, message.Text)), message.Message.Text)
				}
				require.NoError(t, flowtest.TestFlow(over, []string{"1", "2", "3"}, []string{"1", "2", "3"}))
				require.NoError(t, flowtest.TestFlow(over, nil, nil))
			})
		})
	}
}

func TestClientThatCannotWorkPanics(t *testing.T) {
	for name, c := range map[string]reconnect.Client{
		"negative MaxAttempts": {MaxAttempts: -1},
		"negative Queue":       {Queue: -1},
		"unknown Overflow":     {Overflow: 77},
		"negative Base":        {Backoff: reconnect.Backoff{Base: -1}},
		"Max less than Base":   {Backoff: reconnect.Backoff{Base: 2, Max: 1}},
	} {
		require.Panics(t, func() { c.Flow() }, name)
		require.Panics(t, func() { _ = c.Run(t.Context(), echo) }, name)
		require.Panics(t, func() { reconnect.Topic[int]{Client: &c}.Source() }, name)
	}
}

func TestTopicWithoutAClientPanics(t *testing.T) {
	require.Panics(t, func() { reconnect.Topic[int]{}.Source() })
}

func TestURLThatIsNoneEndsTheRun(t *testing.T) {
	for _, url := range []string{"", "http://server/", "ws://", "ws://server/#x", "ws://server:x/"} {
		err := listen(t, (&reconnect.Client{URL: url}).Flow()(flow.Never[message.Message]())).end()
		require.ErrorAs(t, err, new(*reconnect.Error), url)
	}
}

func TestMessageThatIsCutIsNotDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		p := s.Accept()
		p.WriteText("1")
		p.WriteFrames(wstest.Frame{Opcode: 1, Payload: []byte("2 has"), More: true})
		p.Cut()
		p = s.Accept()
		frame := wstest.TextFrame("3 has no end either").Append(nil, protocol.Server)
		p.Write(frame[:len(frame)-1])
		p.Cut()
		p = s.Accept()
		p.WriteText("4")
		synctest.Wait()
		p.Cut()
		l.leave()
		require.Equal(t, []string{"1", "4"}, l.heard())
	})
}

func TestServerThatIsGoneWithoutAWordIsFoundOutByKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		l := listen(t, client.Flow()(flow.Never[message.Message]()))
		s.Accept() // which takes what comes and answers nothing
		time.Sleep(40 * time.Second)
		require.Equal(t, 1, a.attempts())
		time.Sleep(time.Second + time.Millisecond)
		require.Equal(t, 2, a.attempts())
		s.Accept().Cut()
		l.leave()
	})
}

func TestSlowReaderOfTheFlowHoldsUpTheServerAndIsNotCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		var sent atomic.Int64
		a := new(address).becomes(wstest.NewServer(t, ws.Handler(func(messages) messages {
			long := flow.Take(flow.Repeat(strings.Repeat("x", 1000)), 5000)
			return then(flow.Map(long, func(s string) message.Message { sent.Add(1); return message.Text(s) }))
		}), wstest.Wire{Buffer: 4 << 10}))
		client := a.client()
		n := 0
		err := client.Flow()(flow.Never[message.Message]()).Run(t.Context(), func(message.Message) error {
			time.Sleep(100 * time.Millisecond)
			if n++; n == 1000 {
				require.Less(t, sent.Load(), int64(1500))
				return errTest
			}
			return nil
		})
		require.Equal(t, errTest, err)
		require.Equal(t, 1, a.attempts())
	})
}
