package e2e_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

func TestHandlerMayGoOnReplyingWhenThePeerHasClosed(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		count := 0
		h := open(t, scheme, upgrade.Settings{}, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			counted := flow.Map(in, func(m message.Message) message.Message {
				count++
				return m
			})
			// Its input has ended when it sends the sum.
			return flow.Concat(counted, flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
				if err := emit(message.Text(strconv.Itoa(count))); err != nil {
					return err
				}
				return emit(message.Text("the end"))
			}))
		})
		c := p.dial(t, h.url)
		c.send("one")
		c.send("two")
		c.close(1000, "bye")
		c.wantText("one")
		c.wantText("two")
		c.wantText("2")
		c.wantText("the end")
		c.wantClosed(1000, "bye")
	})
}

func TestHandlerIsCancelledWhenItsGraceIsOver(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		cause := make(chan error, 1)
		settings := upgrade.Settings{CloseGrace: 10 * time.Millisecond}
		h := open(t, scheme, settings, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Concat(in, flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
				<-ctx.Done() // it has no end of its own
				cause <- context.Cause(ctx)
				return context.Cause(ctx)
			}))
		})
		c := p.dial(t, h.url)
		c.close(1001, "gone")
		c.wantClosed(1001, "gone")
		require.Equal(t, &upgrade.CloseError{Code: 1001, Reason: "gone", FromPeer: true}, receive(t, cause, "the handler's end"))
	})
}

func TestHandlerThatOutlivesTheShutdownIsCutOff(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		ready, cause := make(chan struct{}), make(chan error, 1)
		settings := upgrade.Settings{CloseGrace: -1}
		h := open(t, scheme, settings, func(flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
				close(ready)
				<-ctx.Done()
				cause <- context.Cause(ctx)
				return context.Cause(ctx)
			})
		})
		c := p.dial(t, h.url)
		receive(t, ready, "the handler")
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the deadline is over
		require.ErrorIs(t, h.upgrader.Shutdown(ctx), context.Canceled)
		require.ErrorIs(t, receive(t, cause, "the handler's end"), upgrade.ErrShutdown)
		c.wantClosed(1001, "server shuts down")
	})
}

func TestPingOfAHandlerIsAnsweredWhileItWaits(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		h := open(t, scheme, upgrade.Settings{}, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				_, err := upgrade.FromContext(ctx).Ping(ctx)
				return m, err
			})
		})
		c := p.dial(t, h.url)
		c.send("before")
		c.ping("in between")
		c.send("behind")
		c.wantText("before")
		c.wantText("behind")
		c.close(1000, "")
		c.wantClosed(1000, "")
	})
}

func TestKeepAliveIsAnsweredByForeignPeers(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		measured := make(chan *upgrade.Conn, 1)
		settings := upgrade.Settings{PingInterval: time.Millisecond, PongTimeout: patience}
		h := open(t, scheme, settings, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
				measured <- upgrade.FromContext(ctx)
				return in.Run(ctx, emit)
			})
		})
		c := p.dial(t, h.url)
		ours := receive(t, measured, "the handler")
		for ours.RoundTripTime() == 0 { // a keep-alive ping has not come back yet
			c.send("is it there?")
			c.wantText("is it there?")
		}
		c.close(1000, "")
		c.wantClosed(1000, "")
	})
}
