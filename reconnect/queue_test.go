package reconnect_test

import (
	"strings"
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

// A server is gone for an hour, and each second there is a message.
func TestPolicyOfTheQueueWhileTheServerIsGone(t *testing.T) {
	for _, test := range []struct {
		name     string
		overflow flow.OverflowStrategy
		sent     []string
		lost     []string
		err      error
	}{
		{"Backpressure", flow.Backpressure, numbers(1, 100), nil, nil},
		{"DropNewest", flow.DropNewest, numbers(1, 4), numbers(5, 100), nil},
		{"DropOldest", flow.DropOldest, numbers(97, 100), numbers(1, 96), nil},
		{"DropAll", flow.DropAll, numbers(97, 100), numbers(1, 96), nil},
		{"FailOnOverflow", flow.FailOnOverflow, nil, append(numbers(5, 5), numbers(1, 4)...), flow.ErrOverflow},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				a := new(address)
				client := a.client()
				var lost []string
				client.Queue, client.Overflow = 4, test.overflow
				client.Lost = func(m message.Message, err error) {
					require.ErrorIs(t, err, flow.ErrOverflow)
					lost = append(lost, m.Text())
				}
				taken := 0
				in := flow.Map(flow.Throttle(texts(numbers(1, 100)...), flow.Rate{N: 1, Per: time.Second}), func(m message.Message) message.Message {
					taken++
					return m
				})
				l := listen(t, client.Flow()(in))
				time.Sleep(10 * time.Second)
				if test.err != nil {
					require.Len(t, l.ended, 1) // at once
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if test.overflow == flow.Backpressure {
					require.Equal(t, 5, taken)
				}
				a.becomes(wstest.NewServer(t, ws.Handler(echo)))
				require.Equal(t, test.err, l.end())
				require.Equal(t, test.sent, l.heard())
				require.Equal(t, test.lost, lost)
			})
		})
	}
}

func TestMessageThatIsBeingSentIsNotDropped(t *testing.T) {
	for _, overflow := range []flow.OverflowStrategy{flow.DropOldest, flow.DropAll} {
		t.Run(overflow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := wstest.NewPeerServer(t, wstest.Wire{Buffer: 1 << 10})
				client := new(address).becomes(s.Server).client()
				var lost []string
				client.Queue, client.Overflow = 1, overflow
				client.Lost = func(m message.Message, _ error) { lost = append(lost, m.Text()) }
				in := flow.NewQueue[message.Message](10)
				long := strings.Repeat("x", 10_000)
				listen(t, client.Flow()(in.Source()))
				p := s.Accept()
				in.Offer(message.Text(long))
				synctest.Wait()
				in.Offer(message.Text("lost"))
				synctest.Wait()
				p.ExpectText(long)
				synctest.Wait()
				in.Offer(message.Text("next"))
				p.ExpectText("next")
				require.Equal(t, []string{"lost"}, lost)
			})
		})
	}
}

func TestWhatIsNotAcknowledgedIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		client.Queue = 3
		client.Acked = func(m message.Message) int { return strings.Count(m.Text(), "+") }
		client.Lost = func(message.Message, error) { require.Fail(t, "lost") }
		taken := 0
		in := flow.Map(texts(numbers(1, 5)...), func(m message.Message) message.Message {
			taken++
			return m
		})
		l := listen(t, client.Flow()(in))
		p := s.Accept()
		p.ExpectText("1")
		p.ExpectText("2")
		p.ExpectText("3")
		synctest.Wait()
		require.Equal(t, 4, taken) // what is not acknowledged is in the queue
		p.WriteText("+")
		p.ExpectText("4")
		synctest.Wait()
		p.Cut()
		p = s.Accept()
		for _, n := range numbers(2, 4) {
			p.ExpectText(n)
		}
		p.WriteText("++++++") // more than there are is as many as there are
		p.ExpectText("5")
		time.Sleep(10 * time.Second)
		require.Empty(t, l.ended) // though all is sent
		p.Cut()
		p = s.Accept()
		p.ExpectText("5")
		p.WriteText("+")
		p.ExpectClose(1000)
		p.WriteClose(1000, "")
		p.Cut()
		require.NoError(t, l.end())
		require.Equal(t, []string{"+", "++++++", "+"}, l.heard())
	})
}

func TestMessageThatWasCutIsSentAgainIfItIsToBeAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t, wstest.Wire{Buffer: 1 << 10})
		a := new(address).becomes(s.Server)
		client := a.client()
		client.Acked = func(message.Message) int { return 0 }
		client.Lost = func(_ message.Message, err error) { require.Equal(t, errTest, err) }
		long := strings.Repeat("x", 10_000)
		l := listen(t, client.Flow()(then(texts(long, "2"))))
		s.Accept()
		synctest.Wait()
		a.cut()
		p := s.Accept()
		p.ExpectText(long)
		p.ExpectText("2")
		p.Cut()
		l.leave()
	})
}

// Another message is being streamed on the connection when it is lost, so that the next one had to wait.
func TestMessageOfWhichNothingWasWrittenWaitsForTheNextConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		var status reconnect.Status
		client.Status = &status
		client.Lost = func(message.Message, error) { require.Fail(t, "lost") }
		in := flow.NewQueue[message.Message](1)
		l := listen(t, client.Flow()(in.Source()))
		p := s.Accept()
		synctest.Wait()
		go func() {
			endless := flow.Concat(flow.Of("begun"), flow.Never[string]())
			require.Error(t, status.State().Conn.Send(t.Context(), message.TextStream(endless)))
		}()
		synctest.Wait()
		in.Offer(message.Text("1"))
		synctest.Wait()
		p.Cut()
		p = s.Accept()
		p.ExpectText("1")
		p.Cut()
		l.leave()
	})
}

func TestStreamedMessageCannotBeSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		client := new(address).becomes(s.Server).client()
		client.Acked = func(message.Message) int { return 0 }
		l := listen(t, client.Flow()(flow.Of(message.TextStream(flow.Of("x")))))
		require.ErrorContains(t, l.end(), "cannot be sent again")
	})
}

// A streamed message of another connection is read when it is sent, while its connection waits.
func TestStreamedMessagesPassThroughTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		upstream := newAddress(t, ws.Handler(echo)).client()
		relay := upgrade.Upgrader{Settings: upgrade.Settings{Streaming: true}}
		probe := wstest.NewWSProbe(t)
		wstest.WS("/", probe.Flow()).Run(relay.Handler(upstream.Flow()))
		long := strings.Repeat("x", 500_000)
		for range 3 {
			probe.SendText(long)
		}
		for range 3 {
			probe.ExpectText(long)
		}
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}

func TestWhatStillWaitsWhenTheRunEndsIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := new(address).client()
		var lost []string
		client.Lost = func(m message.Message, err error) {
			require.Equal(t, errTest, err)
			lost = append(lost, m.Text())
		}
		l := listen(t, client.Flow()(then(texts("1", "2"))))
		time.Sleep(time.Minute)
		l.leave()
		require.Equal(t, numbers(1, 2), lost)
	})
}
