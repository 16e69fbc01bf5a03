package upgrade_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func streaming() upgrade.Settings {
	s := quiet
	s.Streaming = true
	return s
}

// strictness answers each text message with whether it came strict.
func strictness(in source) source {
	return flow.Map(in, func(m message.Message) message.Message {
		if m.IsStrict() {
			return message.Text("strict")
		}
		return message.Text("streamed")
	})
}

func TestStrictnessDependsOnThePeersFramingAlone(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(strictness, streaming())
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("small")
		p.expectText("strict")
		p.text(strings.Repeat("x", 64<<10))
		p.expectText("strict")
		p.text(strings.Repeat("x", 64<<10+1))
		p.expectText("streamed")
		p.frame(protocol.OpText, "two ", false)
		p.frame(protocol.OpContinuation, "frames", true)
		p.expectText("streamed")
		p.frame(protocol.OpText, "", false)
		p.frame(protocol.OpContinuation, "", true)
		p.expectText("streamed")
	})
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(strictness, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "by ", false)
		p.frame(protocol.OpContinuation, "default", true)
		p.expectText("strict")
	})
}

func TestStreamedMessageIsEchoedWhileItArrives(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, streaming())
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "first", false)
		p.expectPiece("first")
		p.frame(protocol.OpPing, "between", true)
		p.expectPong("between")
		p.frame(protocol.OpContinuation, "second", false)
		p.expectPiece("second")
		p.frame(protocol.OpContinuation, "", true)
		p.expectText("")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestStreamedMessageThatNobodyReadsIsDrained(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		kept := make(chan message.Message, 1)
		s := serve(func(in source) source {
			return flow.MapConcat(in, func(m message.Message) []message.Message {
				if m.IsStrict() {
					return []message.Message{m}
				}
				kept <- m
				return nil
			})
		}, streaming())
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpBinary, strings.Repeat("x", 100_000), false)
		p.frame(protocol.OpContinuation, "more", true)
		p.text("next")
		p.expectText("next")
		_, err := (<-kept).Strict(context.Background(), 0)
		require.ErrorIs(t, err, upgrade.ErrDrained)
	})
}

func TestStreamedMessageThatWasBegunIsDrained(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				first, err := flow.Head[string]().Run(ctx, m.TextChunks())
				return message.Text(first[:1]), err
			})
		}, streaming())
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "one", false)
		p.frame(protocol.OpContinuation, strings.Repeat("x", 100_000), true)
		p.text("two")
		p.expectText("o")
		p.expectText("t")
	})
}

func TestLimitHoldsWhileDraining(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		settings := streaming()
		settings.MaxMessage = 1000
		s := serve(func(in source) source { return flow.Filter(in, func(message.Message) bool { return false }) }, settings)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpBinary, strings.Repeat("x", 600), false)
		p.frame(protocol.OpContinuation, strings.Repeat("x", 401), false)
		p.expectClose(protocol.CloseMessageTooBig, "*")
		p.hangUp()
		s.expectEnd(t, protocol.CloseMessageTooBig, false)
	})
}

func TestStreamedMessagesAreHeldAcrossAnAsynchronousBoundary(t *testing.T) {
	for name, h := range map[string]handler{
		"async": func(in source) source {
			return flow.Map(flow.Async(in), func(m message.Message) message.Message { return m })
		},
		"buffer": func(in source) source { return flow.Buffer(in, 4, flow.Backpressure) },
		"map async": func(in source) source {
			return flow.MapAsync(in, 3, func(ctx context.Context, m message.Message) (message.Message, error) {
				return m.Strict(ctx, 0)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				s := serve(h, streaming())
				p := connect(t, wstest.NewServer(t, s, w), "/")
				for _, part := range []string{"a", "b", strings.Repeat("c", 10_000)} {
					p.frame(protocol.OpText, part, false)
					p.frame(protocol.OpContinuation, "!", true)
					p.text(part)
				}
				for _, part := range []string{"a", "b", strings.Repeat("c", 10_000)} {
					p.expectText(part + "!")
					p.expectText(part)
				}
				p.close(protocol.CloseNormal, "")
				p.expectClose(protocol.CloseNormal, "")
				s.expectEnd(t, 0, false)
			})
		})
	}
}

func TestHeldMessageEndsWithTheConnection(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		held := make(chan message.Message, 1)
		s := serve(func(in source) source {
			return flow.Filter(in, func(m message.Message) bool {
				m.Hold()
				held <- m
				return false
			})
		}, streaming())
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "begun", false)
		m := <-held
		p.hangUp()
		_, err := m.Strict(context.Background(), 0)
		require.Error(t, err)
		m.Release()
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestFailingStreamedReplyClosesWith1011(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.Map(in, func(message.Message) message.Message {
				return message.TextStream(flow.Concat(flow.Of("begun"), flow.Fail[string](errors.New("broken"))))
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.expectPiece("begun")
		p.expectClose(protocol.CloseInternalError, "")
		p.close(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestFailingStreamedSendClosesWith1011(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		broken := errors.New("broken")
		sent := make(chan error, 1)
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				sent <- upgrade.FromContext(ctx).Send(ctx, message.TextStream(flow.Concat(flow.Of("begun"), flow.Fail[string](broken))))
				return m, nil
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.expectPiece("begun")
		p.expectClose(protocol.CloseInternalError, "")
		require.ErrorIs(t, <-sent, broken)
		p.close(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestOtherMessagesWaitForAStreamedOneAndControlFramesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chunks := make(chan string)
		conns := make(chan *upgrade.Conn, 1)
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				conns <- upgrade.FromContext(ctx)
				return message.TextStream(flow.FromChan(chunks)), nil
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		c := <-conns
		chunks <- "one "
		p.expectPiece("one ")
		sent := make(chan error, 1)
		go func() { sent <- c.Send(context.Background(), message.Text("other")) }()
		synctest.Wait()
		require.Empty(t, sent)
		p.frame(protocol.OpPing, "now", true)
		p.expectPong("now")

		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, c.Send(ctx, message.Text("never")), context.Canceled)
		close(chunks)
		p.expectText("")
		require.NoError(t, <-sent)
		p.expectText("other")
	})
}

func TestOutboundTextIsCheckedToBeUTF8(t *testing.T) {
	for name, m := range map[string]message.Message{
		"strict":    message.Text("\xff"),
		"streamed":  message.TextStream(flow.Of("ok", "\xff")),
		"truncated": message.TextStream(flow.Of("ok\xe2\x82")),
	} {
		t.Run(name, func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				s := serve(func(source) source { return flow.Of(m) }, quiet)
				p := connect(t, wstest.NewServer(t, s, w), "/")
				if name != "strict" {
					_ = p.ReadFrame() // the first chunk; the message is never finished
				}
				p.expectClose(protocol.CloseInternalError, "")
				p.close(protocol.CloseInternalError, "")
				s.expectEnd(t, protocol.CloseInternalError, false)
			})
		})
	}
}

func TestEmptyStreamedMessageIsOneEmptyFrame(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source { return flow.Of(message.TextStream(flow.Empty[string]()), message.Binary(nil)) }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.ExpectText("")
		p.ExpectFrame(wstest.BinaryFrame(nil))
	})
}
