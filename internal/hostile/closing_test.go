package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestRow40CloseFramesThatMayNotBe(t *testing.T) {
	all := []crime{{name: "a byte", bytes: of(wstest.Frame{Opcode: protocol.OpClose, Payload: []byte{3}}), code: 1002}}
	for _, code := range []protocol.CloseCode{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535} {
		f := wstest.Frame{Opcode: protocol.OpClose, Payload: []byte{byte(code >> 8), byte(code)}}
		all = append(all, crime{name: fmt.Sprint(int(code)), bytes: of(hello, f), code: 1002, before: []string{"hello"}})
	}
	punish(t, setup{}, all...)
}

func TestRow41CloseFramesThatMayBe(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		for _, code := range []protocol.CloseCode{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
			c := s.shake()
			c.WriteClose(code, "why")
			require.Equal(t, "why", c.ExpectClose(code))
			c.ExpectEOF()
			c.Cut()
			end := s.nextEnd()
			require.Equal(t, code, end.closed.Code)
			require.True(t, end.closed.FromPeer)
			require.Equal(t, code <= 1001, end.err == nil, end.err)
		}
		c := s.shake()
		c.WriteClose(protocol.CloseNoStatus, "")
		c.ExpectFrame(wstest.Frame{Opcode: protocol.OpClose}) // empty, too
		c.ExpectEOF()
		c.Cut()
		end := s.nextEnd()
		require.NoError(t, end.err)
		require.Equal(t, protocol.CloseNoStatus, end.closed.Code)
	})
}

func TestRow42CloseReasonThatIsNotUTF8(t *testing.T) {
	var all []crime
	for _, reason := range []string{"\xff", "abc\xed\xa0\x80", "half \xe2\x82"} {
		all = append(all, crime{name: fmt.Sprintf("%q", reason), bytes: of(wstest.CloseFrame(1000, reason)), code: 1007})
	}
	punish(t, setup{}, all...)
}

func TestRow43WhatComesAfterThePeersCloseIsIgnored(t *testing.T) {
	late := []wstest.Frame{hello, {Opcode: protocol.OpPing, Payload: []byte("late")}, wstest.CloseFrame(4000, "other"), {Opcode: 3}, begun}
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		c := s.shake()
		c.WriteText("in time")
		c.ExpectText("in time")
		c.say(string(of(append([]wstest.Frame{wstest.CloseFrame(3000, "first")}, late...)...)))
		// TCP may reset who sends to what is closed, before the answer is read.
		f, err := c.TryReadFrame()
		if err == nil {
			require.Equal(t, wstest.CloseFrame(3000, "first").String(), f.String())
			_, err = c.TryReadFrame()
		}
		require.Error(t, err)
		timeout, ok := errors.AsType[net.Error](err)
		require.False(t, ok && timeout.Timeout(), err)
		c.Cut()
		s.wantEnd(3000, true)
		s.wantSeen("in time")
	})
}

func TestRow43WhatComesAfterOurCloseIsIgnored(t *testing.T) {
	once := func(in source) source { return flow.Take(echo(in), 1) }
	everywhere(t, setup{handler: once}, func(_ *testing.T, s *site) {
		c := s.shake()
		c.WriteText("in time")
		c.ExpectText("in time")
		c.ExpectClose(protocol.CloseNormal)
		c.WriteFrames(hello, wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("late")}, wstest.BinaryFrame(make([]byte, 5000)), wstest.CloseFrame(1000, ""))
		c.ExpectEOF()
		c.Cut()
		s.wantEnd(0, false)
		s.wantSeen("in time")
	})
}

func TestRow44CloseThatIsNeverAnswered(t *testing.T) {
	nothing := func(source) source { return flow.Empty[message.Message]() }
	both(t, setup{handler: nothing}, upgrade.Settings{CloseTimeout: 20 * time.Millisecond}, func(t *testing.T, s *site) {
		start := time.Now()
		c := s.shake()
		c.ExpectClose(protocol.CloseNormal)
		c.ExpectEOF()
		if !s.tcp {
			require.Equal(t, 10*time.Second, time.Since(start).Round(time.Millisecond))
			t.Logf("cut %v after our close frame", time.Since(start))
		}
		s.wantEnd(protocol.CloseAbnormal, false)
	})
}

// reset cuts a connection so that its peer gets an error, and loses what it has not read.
func (c *client) reset() {
	nc := c.nc
	if cut, ok := nc.(cutConn); ok {
		nc = cut.Conn
	}
	switch nc := nc.(type) {
	case *net.TCPConn:
		require.NoError(c.s.t, nc.SetLinger(0))
		require.NoError(c.s.t, nc.Close())
	case *wire.Conn:
		nc.Abort()
	default:
		require.Failf(c.s.t, "cannot reset", "%T", nc)
	}
}

func TestRow45EndWithoutAClose(t *testing.T) {
	large := of(wstest.BinaryFrame(make([]byte, 100_000)))
	for what, b := range map[string][]byte{
		"nothing": nil, "a byte of a header": of(hello)[:1], "a header": of(hello)[:6], "half a frame": of(hello)[:9],
		"a fragment": of(begun), "half a ping": of(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("ping")})[:8],
		"a large frame but for a byte": large[:len(large)-1],
	} {
		t.Run(what, func(t *testing.T) {
			for _, streaming := range []bool{false, true} {
				o := setup{settings: upgrade.Settings{Streaming: streaming}, handler: devour}
				everywhere(t, o, func(_ *testing.T, s *site) {
					for _, cut := range []func(c *client){hangUp, halfClose, (*client).reset} {
						c := s.shake()
						c.WriteText("whole")
						c.Write(b)
						cut(c)
						s.wantEnd(protocol.CloseAbnormal, false)
						<-s.done
						c.Cut()
					}
					s.mu.Lock()
					defer s.mu.Unlock()
					for _, seen := range s.seen { // a reset may take the first one with it
						require.Equal(s.t, "whole", seen)
					}
				})
			}
		})
	}
}

func hangUp(c *client)    { c.Cut() }
func halfClose(c *client) { c.CloseWrite() }

func TestRow53HandlerThatPanics(t *testing.T) {
	for name, handler := range map[string]upgrade.Handler{
		"in an operator": func(in source) source {
			return flow.Map(in, func(message.Message) message.Message { panic("secret") })
		},
		"in a function that fails": func(in source) source {
			return flow.TryMap(in, func(context.Context, message.Message) (message.Message, error) {
				return message.Message{}, errors.New("secret")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setup{handler: handler, settings: upgrade.Settings{Logger: slog.New(slog.DiscardHandler)}}, func(t *testing.T, s *site) {
				c := s.shake()
				c.WriteText("x")
				require.NotContains(t, c.ExpectClose(protocol.CloseInternalError), "secret")
				c.WriteClose(protocol.CloseInternalError, "")
				c.ExpectEOF()
				c.Cut()
				s.wantEnd(protocol.CloseInternalError, false)
			})
		})
	}
}

func TestRow53HandlerThatReturnsEarly(t *testing.T) {
	everywhere(t, setup{handler: func(source) source { return flow.Of(message.Text("only this")) }}, func(_ *testing.T, s *site) {
		c := s.shake()
		c.ExpectText("only this")
		c.ExpectClose(protocol.CloseNormal)
		c.WriteClose(protocol.CloseNormal, "")
		c.ExpectEOF()
		c.Cut()
		s.wantEnd(0, false)
	})
}

func TestRow53ShutdownInsideAMessage(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		everywhere(t, setup{settings: upgrade.Settings{Streaming: streaming}, handler: devour}, func(t *testing.T, s *site) {
			c := s.shake()
			c.WriteText("first")
			c.WriteFrames(begun)
			c.WriteFrames(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("read?")})
			c.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("read?")})
			ended := make(chan error, 1)
			go func() { ended <- s.ws.Shutdown(context.Background()) }()
			c.ExpectClose(protocol.CloseGoingAway)
			c.WriteClose(protocol.CloseGoingAway, "")
			c.ExpectEOF()
			c.Cut()
			require.NoError(t, <-ended)
			require.Equal(t, protocol.CloseGoingAway, s.nextEnd().closed.Code)
			s.mu.Lock()
			defer s.mu.Unlock()
			require.Equal(t, []string{"first"}, s.seen)
		})
	}
}
