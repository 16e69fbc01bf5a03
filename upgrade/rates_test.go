package upgrade_test

import (
	"context"
	"errors"
	"io"
	"slices"
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

// rated is a service with limits, without pings of its own.
func rated(h handler, set func(*upgrade.Settings)) *service {
	settings := quiet
	settings.PingInterval = -1
	set(&settings)
	return serve(h, settings)
}

// expectOver expects the end of a connection by a limit, at the peer and at the server.
func (s *service) expectOver(t *testing.T, p *peer, limit upgrade.Limit, reason string) {
	t.Helper()
	for {
		f, err := p.next()
		require.NoError(t, err)
		if f.Opcode == protocol.OpClose {
			require.Equal(t, "\x03\xf0"+reason, string(f.Payload))
			break
		}
	}
	p.hangUp()
	closed := s.expectEnd(t, protocol.ClosePolicyViolation, false)
	over, ok := errors.AsType[*upgrade.LimitError](closed)
	require.True(t, ok, closed)
	require.Equal(t, limit, over.Limit)
}

func TestMessagesUpToTheRatePassAndOneMoreIsClosedWith1008(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.MessageRate = upgrade.Rate{N: 20, Per: time.Hour} // no test over TCP lasts so long
		})
		p := connect(t, wstest.NewServer(t, s, w), "/")
		for range 20 {
			p.text("x")
			p.frame(protocol.OpPing, "", true)
		}
		p.text("x")
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 20 messages an hour")
	})
}

func TestMessageRateRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.MessageRate = upgrade.Rate{N: 10, Per: time.Second, Burst: 3}
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		send := func(n int) {
			for range n {
				p.text("x")
				p.expectText("x")
			}
		}
		send(3)
		for range 100 { // the rate, for ever
			time.Sleep(100 * time.Millisecond)
			send(1)
		}
		time.Sleep(time.Hour)
		send(3) // and no more than the burst after it
		p.text("x")
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 10 messages a second")
	})
}

func TestMessageCountsOnceHoweverItIsFragmented(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			s := rated(echo, func(s *upgrade.Settings) {
				s.Streaming = streaming
				s.MessageRate = upgrade.Rate{N: 2, Per: time.Hour}
			})
			p := connect(t, wstest.NewServer(t, s, w), "/")
			for range 2 {
				p.frame(protocol.OpText, "a", false)
				for range 100 {
					p.frame(protocol.OpContinuation, "", false)
					p.frame(protocol.OpContinuation, "b", false)
				}
				p.frame(protocol.OpContinuation, "c", true)
				p.expectText("a" + strings.Repeat("b", 100) + "c")
			}
			p.frame(protocol.OpText, "", false) // judged when it begins
			s.expectOver(t, p, upgrade.LimitMessageRate, "more than 2 messages an hour")
		})
	}
}

func TestControlFramesUpToTheRatePassAndOneMoreIsClosedWith1008(t *testing.T) {
	for name, op := range map[string]protocol.Opcode{"pings": protocol.OpPing, "pongs": protocol.OpPong} {
		t.Run(name, func(t *testing.T) {
			onWires(t, func(t *testing.T, w wstest.Wire) {
				s := rated(echo, func(s *upgrade.Settings) {
					s.ControlRate = upgrade.Rate{N: 5, Per: time.Hour}
				})
				p := connect(t, wstest.NewServer(t, s, w), "/")
				for range 5 {
					p.frame(op, "", true)
					p.text("x")
				}
				p.frame(op, "", true)
				s.expectOver(t, p, upgrade.LimitControlRate, "more than 5 control frames an hour")
			})
		})
	}
}

func TestControlRateRecoversAndDoesNotCountTheCloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.ControlRate = upgrade.Rate{N: 2, Per: time.Minute}
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		for range 3 {
			for range 2 {
				p.frame(protocol.OpPing, "x", true)
				p.expectPong("x")
			}
			time.Sleep(time.Minute)
		}
		p.frame(protocol.OpPing, "x", true)
		p.frame(protocol.OpPing, "x", true)
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestControlRateHoldsWhileTheHandlerIsBusy(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		cancelled := make(chan error, 1)
		s := rated(slow(time.Hour, cancelled), func(s *upgrade.Settings) {
			s.ControlRate = upgrade.Rate{N: 5, Per: time.Hour}
		})
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		for range 5 {
			p.frame(protocol.OpPing, "x", true)
			p.expectPong("x")
		}
		for range 1000 {
			if _, err := p.Conn().Write([]byte("\x89\x80mask")); err != nil {
				break
			}
		}
		s.expectOver(t, p, upgrade.LimitControlRate, "more than 5 control frames an hour")
		_, ok := errors.AsType[*upgrade.LimitError](<-cancelled)
		require.True(t, ok, "the handler is told")
	})
}

func TestBytesUpToTheRatePassAndOneMoreIsClosedWith1008(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.ByteRate = upgrade.Rate{N: 1000, Per: time.Hour, Burst: 50_000}
		})
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text(strings.Repeat("x", 50_000-8)) // and a header
		p.expectText(strings.Repeat("x", 50_000-8))
		p.Write([]byte{0x81})
		s.expectOver(t, p, upgrade.LimitByteRate, "more than 1000 bytes an hour")
	})
}

// What is still unread when a socket is closed would destroy the close frame on its way.
func TestPeerThatIsTooFastIsHeardOut(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.ByteRate = upgrade.Rate{N: 1000, Per: time.Hour}
		})
		p := connect(t, wstest.NewServer(t, s, w), "/")
		for range 20 {
			p.text(strings.Repeat("x", 10_000))
		}
		s.expectOver(t, p, upgrade.LimitByteRate, "more than 1000 bytes an hour")
	})
}

func TestBytesThatComeWithTheHandshakeCount(t *testing.T) {
	s := rated(echo, func(s *upgrade.Settings) {
		s.ByteRate = upgrade.Rate{N: 14, Per: time.Hour}
	})
	onRaw(t, &upgrade.Server{Handler: s}, func(t *testing.T, raw *rawServer) {
		c := raw.call()
		c.say("%s%s", opening("/"), frames("a")) // 7 bytes
		_, _ = c.hear()
		c.echoed("a")
		c.say("%s", frames("b"))
		c.echoed("b")
		c.say("%s", frames("c"))
		frame := make([]byte, 4)
		_, err := io.ReadFull(c.r, frame)
		require.NoError(t, err)
		require.Equal(t, "\x88\x1c\x03\xf0", string(frame))
		_ = c.Close()
		s.expectEnd(t, protocol.ClosePolicyViolation, false)
	})
}

func TestByteRateRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(echo, func(s *upgrade.Settings) {
			s.ByteRate = upgrade.Rate{N: 1000, Per: time.Second}
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		for range 10 {
			p.text(strings.Repeat("x", 1000-8))
			p.expectText(strings.Repeat("x", 1000-8))
			time.Sleep(time.Second)
		}
		p.text(strings.Repeat("x", 1001-8))
		s.expectOver(t, p, upgrade.LimitByteRate, "more than 1000 bytes a second")
	})
}

// A handler that is slow makes messages wait in the buffers of the network, and then they are read at once.
func TestPeerThatKeepsToTheRateIsNotClosedForASlowHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		h := func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message {
				if first {
					first = false
					time.Sleep(time.Minute)
				}
				return m
			})
		}
		s := rated(h, func(s *upgrade.Settings) {
			s.MessageRate = upgrade.Rate{N: 10, Per: time.Second, Burst: 1}
			s.ControlRate = upgrade.Rate{N: 10, Per: time.Second, Burst: 1}
			s.ByteRate = upgrade.Rate{N: 130, Per: time.Second, Burst: 20} // a text of a byte and a ping of none are 13
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		start := time.Now()
		for i := range 600 {
			time.Sleep(time.Until(start.Add(time.Duration(i) * 100 * time.Millisecond)))
			p.WriteFrames(wstest.TextFrame("x"), wstest.Frame{Opcode: protocol.OpPing})
		}
		for range 600 {
			f, err := p.next()
			require.NoError(t, err)
			for f.Opcode == protocol.OpPong {
				f, err = p.next()
				require.NoError(t, err)
			}
			require.Equal(t, protocol.OpText, f.Opcode, f.String())
		}
		time.Sleep(10 * time.Minute)
		p.text("x") // the slack of that minute is forgotten
		p.text("x")
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 10 messages a second")
	})
}

// What came before the handler was busy is as old as it is.
func TestASlowHandlerDoesNotExcuseAPeerThatIsTooFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(slow(10*time.Second, nil), func(s *upgrade.Settings) {
			s.MessageRate = upgrade.Rate{N: 10, Per: time.Second}
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		p.WriteFrames(slices.Repeat([]wstest.Frame{wstest.TextFrame("x")}, 11)...)
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 10 messages a second")
	})
}

func TestMessagesThatNobodyReadsCountToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rated(flow.FromSinkAndSourceUncoupled(flow.Head[message.Message](), flow.Never[message.Message]()), func(s *upgrade.Settings) {
			s.MessageRate = upgrade.Rate{N: 5, Per: time.Hour}
		})
		p := connect(t, wstest.NewServer(t, s), "/")
		for range 5 {
			p.frame(protocol.OpText, "x", false)
			p.frame(protocol.OpContinuation, "y", true)
		}
		time.Sleep(time.Minute)
		p.text("x")
		s.expectOver(t, p, upgrade.LimitMessageRate, "more than 5 messages an hour")
	})
}

func TestTheServerOfAClientIsLimitedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(func(source) source {
			return flow.Concat(flow.Take(flow.Repeat(message.Text("x")), 10), flow.Never[message.Message]())
		}, quiet)
		server := wstest.NewServer(t, s)
		d := server.Dialer()
		d.MessageRate = upgrade.Rate{N: 9, Per: time.Minute}
		c, _, err := d.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		err = c.Run(t.Context(), flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Never[message.Message]()))
		over, ok := errors.AsType[*upgrade.LimitError](err)
		require.True(t, ok, err)
		require.Equal(t, upgrade.LimitMessageRate, over.Limit)
		_, ok = errors.AsType[*upgrade.LimitError](c.Closed())
		require.True(t, ok)
		require.Equal(t, "more than 9 messages a minute", s.expectEnd(t, protocol.ClosePolicyViolation, true).Reason)
	})
}

func TestRateIsToldInWords(t *testing.T) {
	for reason, rate := range map[string]upgrade.Rate{
		"more than 1 message a second":      {N: 1, Per: time.Second},
		"more than 2 messages a minute":     {N: 2, Per: time.Minute},
		"more than 3 messages an hour":      {N: 3, Per: time.Hour, Burst: 1},
		"more than 4 messages in 250ms":     {N: 4, Per: 250 * time.Millisecond},
		"more than 1 message in 1m30s":      {N: 1, Per: 90 * time.Second},
		"more than 2 messages in 1000h0m0s": {N: 2, Per: 1000 * time.Hour, Burst: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := rated(echo, func(s *upgrade.Settings) { s.MessageRate = rate })
			p := connect(t, wstest.NewServer(t, s), "/")
			for range 5 {
				p.text("x")
			}
			s.expectOver(t, p, upgrade.LimitMessageRate, reason)
		})
	}
}

func TestARateThatIsNotPositiveIsASetUpError(t *testing.T) {
	for name, set := range map[string]func(*upgrade.Settings){
		"Settings.MessageRate": func(s *upgrade.Settings) { s.MessageRate = upgrade.Rate{N: -1, Per: time.Second} },
		"Settings.ControlRate": func(s *upgrade.Settings) { s.ControlRate = upgrade.Rate{N: 1} },
		"Settings.ByteRate":    func(s *upgrade.Settings) { s.ByteRate = upgrade.Rate{N: 1, Per: time.Second, Burst: -1} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := rated(echo, set)
				server := wstest.NewServer(t, s)
				_, _, err := server.Dialer().Dial(t.Context(), server.URL("/"))
				require.ErrorContains(t, err, "500 Internal Server Error")
				require.ErrorContains(t, <-s.ended, name+": rate of N")

				d := wstest.NewServer(t, serve(echo, quiet)).Dialer()
				set(&d.Settings)
				_, _, err = d.Dial(context.Background(), "ws://example.com/")
				require.ErrorContains(t, err, name+": rate of N")
			})
		})
	}
}

func TestLimitErrorLiesBehindTheEndingsByOtherLimits(t *testing.T) {
	for limit, say := range map[upgrade.Limit]func(p *peer){
		upgrade.LimitMessageSize: func(p *peer) { p.text(strings.Repeat("x", 101)) },
		upgrade.LimitFragments: func(p *peer) {
			p.frame(protocol.OpText, "", false)
			for range 20_000 {
				p.frame(protocol.OpContinuation, "", false)
			}
		},
		upgrade.LimitMessageTime: func(p *peer) { p.frame(protocol.OpText, "", false) },
	} {
		t.Run(string(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(witness)
				s := rated(echo, func(s *upgrade.Settings) { s.MaxMessage, s.Observer = 100, w })
				p := connect(t, wstest.NewServer(t, s), "/")
				go p.takeAll()
				go say(p)
				over, ok := errors.AsType[*upgrade.LimitError](<-s.ended)
				require.True(t, ok)
				require.Equal(t, limit, over.Limit)
				require.ErrorAs(t, seen[upgrade.Closed](w)[0].Cause, &over)
				require.Equal(t, limit, over.Limit)
			})
		})
	}
}
