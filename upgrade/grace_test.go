package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A connection ends though somebody never does: the handler, the peer, or a stream that is being sent.

// deaf takes what comes and never ends by itself.
func deaf(in source) source {
	return flow.FromSinkAndSourceUncoupled(flow.Ignore[message.Message](), flow.Never[message.Message]())(in)
}

// expectWithin waits for a value, for no longer than d.
func expectWithin[T any](t *testing.T, d time.Duration, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(d):
		require.Fail(t, "nothing within "+d.String())
	}
	return v
}

func endless() message.Message {
	return message.TextStream(flow.Concat(flow.Of("begun"), flow.Never[string]()))
}

func TestHandlerThatWaitsForNothingEndsWithAFailedConnection(t *testing.T) {
	for name, test := range map[string]struct {
		send func(p *peer)
		code upgrade.CloseCode
	}{
		"another code":         {func(p *peer) { p.close(4000, "") }, 4000},
		"a broken protocol":    {func(p *peer) { p.frame(3, "", true) }, protocol.CloseProtocolError},
		"a close in a message": {func(p *peer) { p.frame(protocol.OpText, "half", false); p.close(protocol.CloseNormal, "") }, protocol.CloseNormal},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(deaf, quiet)
				p := connect(t, wstest.NewServer(t, s), "/")
				test.send(p)
				p.expectClose(test.code, "*")
				p.hangUp()
				var closed *upgrade.CloseError
				require.ErrorAs(t, expectWithin(t, 20*time.Second, s.ended), &closed)
				require.Equal(t, test.code, closed.Code)
			})
		})
	}
}

func TestShutdownDoesNotLengthenTheGraceAfterThePeersClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(deaf, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.close(protocol.CloseNormal, "")
		time.Sleep(time.Second)
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		require.NoError(t, expectWithin(t, 5*time.Second, down))
		s.expectEnd(t, 0, false)
	})
}

func TestCloseAfterAFailedSendIsNotWaitedForLongerThanAnyOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		broken := errors.New("broken")
		m := message.TextStream(flow.Concat(flow.Of("begun"), flow.Fail[string](broken)))
		require.ErrorIs(t, (<-conns).Send(t.Context(), m), broken)
		p.expectPiece("begun")
		p.expectClose(protocol.CloseInternalError, "")
		var closed *upgrade.CloseError // the peer never answers
		require.ErrorAs(t, expectWithin(t, 20*time.Second, s.ended), &closed)
		require.Equal(t, protocol.CloseInternalError, closed.Code)
	})
}

func TestSocketIsClosedThoughTheHandlerIgnoresItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free, gone := make(chan struct{}), make(chan struct{})
		s := serve(func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message { <-free; return m })
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		go func() { p.expectEOF(); close(gone) }()
		expectWithin(t, 20*time.Second, gone)
		close(free)
		s.expectEnd(t, 0, false)
	})
}

func TestCloseDoesNotWaitForAnEndlessMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		c := <-conns
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), endless()) }()
		p.expectPiece("begun")
		closed := make(chan error, 1)
		go func() { closed <- c.Close(protocol.CloseNormal, "") }()
		require.Error(t, expectWithin(t, 20*time.Second, closed), "the peer never answers")
		require.Error(t, expectWithin(t, time.Second, sent))
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestSendEndsWithTheConnection(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		conns := make(chan *upgrade.Conn, 1)
		s := serve(silently(conns), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		c := <-conns
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), endless()) }()
		p.expectPiece("begun")
		p.hangUp()
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-sent, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestSinkEndsWithTheConnection(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source { return flow.Empty[message.Message]() }, quiet)
		srv := wstest.NewServer(t, s, w)
		d := srv.Dialer()
		d.CloseGrace = 10 * time.Millisecond // for the sink, which does not end by itself
		c, _, err := d.Dial(t.Context(), srv.URL("/"))
		require.NoError(t, err)
		go func() { _ = c.Source().Run(context.Background(), func(message.Message) error { return nil }) }()
		ran := make(chan error, 1)
		go func() { _, err := c.Sink().Run(context.Background(), flow.Never[message.Message]()); ran <- err }()
		s.expectEnd(t, 0, false)
		require.NoError(t, <-ran)
	})
}

func TestWhoRunsTheSourceAloneClosesTheConnection(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		u := &upgrade.Upgrader{Settings: quiet}
		closed := make(chan error, 1)
		srv := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := u.Upgrade(w, r)
			require.NoError(t, err)
			require.NoError(t, c.Source().Run(context.Background(), func(message.Message) error { return nil }))
			closed <- c.Close(protocol.CloseNormal, "")
		}), w)
		p := connect(t, srv, "/")
		p.close(protocol.CloseGoingAway, "")
		p.expectClose(protocol.CloseGoingAway, "")
		p.expectEOF()
		require.NoError(t, <-closed)
		require.NoError(t, u.Shutdown(t.Context()), "it knows that the connection is gone")
	})
}

func TestConnectionThatNobodyReadsIsClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s).Dial("/")
		synctest.Wait()
		go func() { _ = s.Shutdown(context.Background()) }()
		time.Sleep(time.Minute)
		start := time.Now()
		_, err := c.Ping(t.Context())
		require.Error(t, err)
		require.Error(t, c.Send(t.Context(), message.Text("x")))
		_ = c.Close(protocol.CloseNormal, "")
		require.NotNil(t, c.Closed())
		require.LessOrEqual(t, time.Since(start), 20*time.Second)
		<-s.ended
	})
}

func TestAnswerToOurCloseMayComeInsideAMessage(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source { return flow.Take(in, 0) }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "half", false)
		p.expectClose(protocol.CloseNormal, "")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestCloseFromInsideTheHandler(t *testing.T) {
	for name, more := range map[string]bool{"nothing behind it": false, "a message behind it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				closed := make(chan error, 1)
				s := serve(func(in source) source {
					return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
						closed <- upgrade.FromContext(ctx).Close(4000, "quit")
						return m, nil
					})
				}, quiet)
				p := connect(t, wstest.NewServer(t, s), "/")
				p.text("quit")
				if more {
					p.text("the answer is behind this one")
				}
				p.expectClose(4000, "quit")
				p.close(4000, "")
				var end *upgrade.CloseError
				require.ErrorAs(t, expectWithin(t, 11*time.Second, closed), &end)
				require.Equal(t, upgrade.CloseCode(4000), end.Code)
				s.expectEnd(t, 4000, false)
			})
		})
	}
}

func TestOurCloseAndWhatIsBeforeItAreWrittenBeforeTheSocketIsClosed(t *testing.T) {
	for name, test := range map[string]struct {
		after time.Duration // from the peer's close to the handler's end
		close bool          // our end closes, too, a second before the peer does
	}{
		"handler ends after the grace": {after: 6 * time.Second},
		"both ends close at a time":    {close: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(func(in source) source {
					return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
						c := upgrade.FromContext(ctx)
						go func() { _ = c.Send(context.Background(), message.Binary(make([]byte, 200_000))) }()
						if test.close {
							time.Sleep(time.Second)
							go func() { _ = c.Close(protocol.CloseNormal, "") }()
						}
						err := in.Run(ctx, func(message.Message) error { return nil })
						time.Sleep(test.after)
						return err
					})
				}, quiet)
				p := connect(t, wstest.NewServer(t, s), "/")
				time.Sleep(2 * time.Second)
				p.close(protocol.CloseNormal, "")
				time.Sleep(test.after + time.Second) // before it takes a byte
				f, err := p.next()
				require.NoError(t, err)
				require.Len(t, f.Payload, 200_000)
				p.expectClose(protocol.CloseNormal, "")
				s.expectEnd(t, 0, false)
			})
		})
	}
}

func TestReplyIsLeftUnfinishedWhenTheContextOfRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s).Dial("/")
		go func() { time.Sleep(time.Second); cancel() }()
		require.NoError(t, c.Run(ctx, func(source) source { return flow.Of(endless()) }))
		require.Equal(t, protocol.CloseGoingAway, c.Closed().Code)
		require.ErrorIs(t, c.Closed(), context.Canceled)
		<-s.ended
	})
}

func TestPeerThatAnswersOurCloseWithAComplaintIsHeard(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source { return flow.Of(message.Text("oops")) }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectText("oops")
		p.expectClose(protocol.CloseNormal, "")
		p.close(protocol.CloseInvalidPayload, "no JSON")
		s.expectEnd(t, protocol.CloseInvalidPayload, true)
	})
}

func TestHandlersErrorIsReportedToTheCallerOfServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		s := serve(func(source) source { return flow.Fail[message.Message](broken) }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectClose(protocol.CloseInternalError, "")
		p.close(protocol.CloseInternalError, "")
		require.ErrorIs(t, s.expectEnd(t, protocol.CloseInternalError, false), broken)
	})
}
