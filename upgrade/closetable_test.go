package upgrade_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
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

// The tests of this file are the rows of the table in the package documentation.

var quiet = upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}

// input is a handler that answers nothing and tells how its input ended.
func input(ended chan<- error) handler {
	return func(in source) source {
		return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
			err := in.Run(ctx, func(message.Message) error { return nil })
			ended <- err
			return err
		})
	}
}

func TestHandlerCompletes(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source { return flow.Take(echo(in), 2) }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("a")
		p.text("b")
		p.expectText("a")
		p.expectText("b")
		p.expectClose(protocol.CloseNormal, "")
		p.text("too late")
		p.close(protocol.CloseNormal, "")
		p.expectEOF()
		s.expectEnd(t, 0, false)
	})
}

func TestHandlerThatCompletesFinishesTheOpenMessage(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source {
			return flow.Of(message.TextStream(flow.Take(flow.Of("one", "two", "three"), 2)))
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectText("onetwo")
		p.expectClose(protocol.CloseNormal, "")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestPeerThatNeverAnswersACloseIsCut(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		settings := quiet
		if w.TCP {
			settings.CloseTimeout = 20 * time.Millisecond
		}
		s := serve(func(source) source { return flow.Empty[message.Message]() }, settings)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectClose(protocol.CloseNormal, "")
		p.expectEOF()
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

func TestHandlerFailsWithACloseError(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) {
				return message.Message{}, &upgrade.CloseError{Code: 4001, Reason: "no such room"}
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.expectClose(4001, "no such room")
		p.close(4001, "")
		p.expectEOF()
		s.expectEnd(t, 4001, false)
	})
}

func TestErrorsAndPanicsStayOffTheWireAndAreLogged(t *testing.T) {
	for name, fail := range map[string]func(){
		"error": nil,
		"panic": func() { panic("secret") },
	} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			var logged strings.Builder
			settings := upgrade.Settings{Logger: slog.New(slog.NewTextHandler(&logged, nil))}
			s := serve(func(in source) source {
				return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) {
					if fail != nil {
						fail()
					}
					return message.Message{}, errors.New("secret")
				})
			}, settings)
			p := connect(t, wstest.NewServer(t, s, w), "/")
			p.text("x")
			p.expectClose(protocol.CloseInternalError, "")
			p.close(protocol.CloseInternalError, "")
			p.expectEOF()
			s.expectEnd(t, protocol.CloseInternalError, false)
			require.Contains(t, logged.String(), "secret")
			if name == "panic" {
				require.Contains(t, logged.String(), "closetable_test.go", "the stack")
			}
		})
	}
}

func TestPanicWhileTheHandlerIsBuiltClosesWith1011(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(source) source { panic("no") }, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.expectClose(protocol.CloseInternalError, "")
		p.close(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestPeerClosesNormally(t *testing.T) {
	for _, code := range []upgrade.CloseCode{protocol.CloseNormal, protocol.CloseGoingAway, protocol.CloseNoStatus} {
		t.Run(code.String(), func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				ended := make(chan error, 1)
				s := serve(input(ended), quiet)
				p := connect(t, wstest.NewServer(t, s, w), "/")
				reason := ""
				if code != protocol.CloseNoStatus {
					reason = "bye"
				}
				p.text("x")
				p.close(code, reason)
				p.expectClose(code, reason)
				p.expectEOF()
				require.NoError(t, <-ended)
				s.expectEnd(t, 0, false)
			})
		})
	}
}

func TestRepliesAfterThePeersCloseAreSentBeforeOurs(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.Concat(echo(in), flow.Of(message.Text("last words")))
		}, quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.close(protocol.CloseNormal, "")
		p.expectText("x")
		p.expectText("last words")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestCloseIsAnsweredAfterTheGrace(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		settings := quiet
		if w.TCP {
			settings.CloseGrace = 20 * time.Millisecond
		}
		s := serve(func(in source) source {
			return flow.Concat(echo(in), flow.Never[message.Message]())
		}, settings)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.close(protocol.CloseNormal, "bye")
		start := time.Now()
		p.expectClose(protocol.CloseNormal, "bye")
		if !w.TCP {
			require.Equal(t, 5*time.Second, time.Since(start))
		}
		p.expectEOF()
		s.expectEnd(t, 0, false)
	})
}

func TestPeerClosesWithAnotherCode(t *testing.T) {
	for _, code := range []upgrade.CloseCode{protocol.CloseUnsupportedData, protocol.CloseServiceRestart, 3000, 4999} {
		t.Run(code.String(), func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				ended := make(chan error, 1)
				s := serve(input(ended), quiet)
				p := connect(t, wstest.NewServer(t, s, w), "/")
				p.close(code, "because")
				p.expectClose(code, "because")
				p.expectEOF()
				var closed *upgrade.CloseError
				require.ErrorAs(t, <-ended, &closed)
				require.Equal(t, upgrade.CloseError{Code: code, Reason: "because", FromPeer: true}, *closed)
				s.expectEnd(t, code, true)
			})
		})
	}
}

func TestPeerClosesInsideAMessage(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			ended, chunks := make(chan error, 1), make(chan error, 1)
			settings := quiet
			settings.Streaming = streaming
			s := serve(func(in source) source {
				return input(ended)(flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
					_, err := m.Strict(ctx, 0)
					chunks <- err
					return m, err
				}))
			}, settings)
			p := connect(t, wstest.NewServer(t, s, w), "/")
			p.frame(protocol.OpText, "half a ", false)
			p.close(protocol.CloseNormal, "")
			p.expectClose(protocol.CloseNormal, "")
			p.expectEOF()
			var closed *upgrade.CloseError
			if streaming {
				require.ErrorAs(t, <-chunks, &closed)
				require.Equal(t, protocol.CloseNormal, closed.Code)
			}
			require.ErrorAs(t, <-ended, &closed)
			require.True(t, closed.FromPeer)
			require.Empty(t, chunks, "a partial message is never delivered as whole")
			s.expectEnd(t, protocol.CloseNormal, true)
		})
	}
}

func TestPeerBreaksTheProtocol(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(p *peer)
		code upgrade.CloseCode
	}{
		{"reserved opcode", func(p *peer) { p.frame(3, "", true) }, protocol.CloseProtocolError},
		{"stray continuation", func(p *peer) { p.frame(protocol.OpContinuation, "x", true) }, protocol.CloseProtocolError},
		{"unmasked frame", func(p *peer) { p.Write([]byte{0x81, 1, 'x'}) }, protocol.CloseProtocolError},
		{"invalid UTF-8", func(p *peer) { p.text("\xff") }, protocol.CloseInvalidPayload},
		{"invalid UTF-8 before the end", func(p *peer) { p.frame(protocol.OpText, "\xff", false) }, protocol.CloseInvalidPayload},
		{"too big a message", func(p *peer) { p.Write([]byte{0x82, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}) }, protocol.CloseMessageTooBig},
		{"close frame of one byte", func(p *peer) { p.frame(protocol.OpClose, "x", true) }, protocol.CloseProtocolError},
		{"close code 1005", func(p *peer) { p.frame(protocol.OpClose, "\x03\xed", true) }, protocol.CloseProtocolError},
	} {
		t.Run(test.name, func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				ended := make(chan error, 1)
				s := serve(input(ended), quiet)
				p := connect(t, wstest.NewServer(t, s, w), "/")
				test.send(p)
				p.expectClose(test.code, "*")
				p.expectEOF()
				p.hangUp()
				var closed *upgrade.CloseError
				require.ErrorAs(t, <-ended, &closed)
				require.Equal(t, test.code, closed.Code)
				require.False(t, closed.FromPeer)
				s.expectEnd(t, test.code, false)
			})
		})
	}
}

func TestConnectionIsCutWithoutAClose(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			ended, cancelled := make(chan error, 1), make(chan error, 1)
			settings := quiet
			settings.Streaming = streaming
			s := serve(func(in source) source {
				return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
					ended <- in.Run(ctx, func(m message.Message) error {
						_, err := m.Strict(ctx, 0)
						return err
					})
					<-ctx.Done()
					cancelled <- context.Cause(ctx)
					return nil
				})
			}, settings)
			p := connect(t, wstest.NewServer(t, s, w), "/")
			p.frame(protocol.OpText, "half a ", false)
			p.hangUp()
			for _, err := range []error{<-ended, <-cancelled} {
				var closed *upgrade.CloseError
				require.ErrorAs(t, err, &closed)
				require.Equal(t, protocol.CloseAbnormal, closed.Code)
			}
			s.expectEnd(t, protocol.CloseAbnormal, false)
		})
	}
}

func TestShutdownSends1001AndTheInputCompletes(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		ended := make(chan error, 1)
		s := serve(input(ended), quiet)
		server := wstest.NewServer(t, s, w)
		p := connect(t, server, "/")
		p.frame(protocol.OpPing, "up?", true)
		p.expectPong("up?")
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		p.close(protocol.CloseGoingAway, "")
		p.expectEOF()
		require.NoError(t, <-ended)
		require.NoError(t, <-down)
		s.expectEnd(t, 0, false)
	})
}

func TestShutdownCutsWhatIgnoresIt(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		settings := quiet
		settings.CloseGrace = -1
		cause := make(chan error, 1)
		s := serve(func(in source) source {
			return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
				<-ctx.Done()
				cause <- context.Cause(ctx)
				return nil
			})
		}, settings)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpPing, "up?", true)
		p.expectPong("up?")
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		err := s.Shutdown(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.EqualError(t, err, "upgrade: 1 connection was cut: context deadline exceeded")
		p.expectClose(protocol.CloseGoingAway, "server shuts down")
		p.expectEOF()
		require.ErrorIs(t, <-cause, upgrade.ErrShutdown)
		closed := s.expectEnd(t, protocol.CloseAbnormal, false)
		require.ErrorIs(t, closed, upgrade.ErrShutdown)
	})
}

func TestShutdownCodeIsAChoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		s.ShutdownCode = protocol.CloseServiceRestart
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpPing, "up?", true)
		p.expectPong("up?")
		go func() { _ = s.Shutdown(context.Background()) }()
		p.expectClose(protocol.CloseServiceRestart, "server shuts down")
		p.close(protocol.CloseServiceRestart, "")
		p.expectEOF()
		s.expectEnd(t, 0, false)
	})
}
