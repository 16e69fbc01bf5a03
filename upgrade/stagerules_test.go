package upgrade_test

import (
	"errors"
	"strings"
	"sync"
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

func TestFrameThatIsTooLongIsRefusedByItsHeaderAndSeenByNoStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := staged(func(_ *upgrade.Conn, up, _ frameFunc) (frameFunc, frameFunc) {
			return func(f frame) error {
				if f.Opcode.IsData() {
					panic("seen")
				}
				return up(f)
			}, nil
		})
		settings.MaxMessage = 1000
		s := serve(echo, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.Write(protocol.AppendFrameHeader(nil, protocol.FrameHeader{Fin: true, Opcode: protocol.OpText, Masked: true, Length: 1001}))
		p.expectClose(protocol.CloseMessageTooBig, "*")
		s.expectEnd(t, protocol.CloseMessageTooBig, false)
	})
}

func TestStageThatFailsEndsTheConnection(t *testing.T) {
	for name, tc := range map[string]struct {
		err      error
		panics   bool
		code     upgrade.CloseCode
		reason   string
		observed bool
	}{
		"with a CloseError":          {err: &upgrade.CloseError{Code: 4001, Reason: "no"}, code: 4001, reason: "no"},
		"with 1008":                  {err: &upgrade.CloseError{Code: protocol.ClosePolicyViolation}, code: protocol.ClosePolicyViolation},
		"with a code that cannot be": {err: &upgrade.CloseError{Code: 1006}, code: protocol.CloseInternalError, observed: true},
		"with an error":              {err: errors.New("secret"), code: protocol.CloseInternalError, observed: true},
		"with a panic":               {panics: true, code: protocol.CloseInternalError, observed: true},
	} {
		for _, way := range []string{"in", "out", "down of another stage", "swallowed by another stage"} {
			t.Run(name+", "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					fails := func(pass frameFunc) frameFunc {
						return func(f frame) error {
							switch {
							case f.Opcode != protocol.OpText:
								return pass(f)
							case tc.panics:
								panic("secret")
							}
							return tc.err
						}
					}
					var stages []stage
					switch way {
					case "in":
						stages = []stage{func(_ *upgrade.Conn, up, _ frameFunc) (frameFunc, frameFunc) { return fails(up), nil }}
					case "out":
						stages = []stage{func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) { return nil, fails(down) }}
					default:
						stages = []stage{
							func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) { return nil, fails(down) },
							func(_ *upgrade.Conn, up, down frameFunc) (frameFunc, frameFunc) {
								return func(f frame) error {
									err := down(f)
									if strings.HasPrefix(way, "swallowed") {
										return nil
									}
									return err
								}, nil
							},
						}
					}
					w := new(witness)
					settings := staged(stages...)
					settings.Observer = w
					s := serve(echo, settings)
					p := connect(t, wstest.NewServer(t, s), "/")
					p.text("x")
					p.expectClose(tc.code, tc.reason)
					p.text("y")
					p.hangUp()
					s.expectEnd(t, tc.code, false)
					if tc.observed {
						require.Len(t, seen[upgrade.Failed](w), 1)
						require.Equal(t, tc.panics, seen[upgrade.Failed](w)[0].Panic() != nil)
					} else {
						require.Empty(t, seen[upgrade.Failed](w))
					}
				})
			})
		}
	}
}

func TestStageThatCannotBeMadeEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, staged(func(*upgrade.Conn, frameFunc, frameFunc) (frameFunc, frameFunc) { panic("no") }))
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectClose(protocol.CloseInternalError, "")
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}

func TestNothingIsSentAfterOurCloseFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		downs := make(chan frameFunc, 1)
		s := serve(func(source) source { return flow.Of[message.Message]() },
			staged(func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) {
				downs <- down
				return nil, nil
			}))
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectClose(protocol.CloseNormal, "")
		require.NoError(t, (<-downs)(frame{Fin: true, Opcode: protocol.OpPing}))
		p.ExpectNothing(time.Second)
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestFrameOfAStageThatBreaksTheRulesEndsTheConnection(t *testing.T) {
	for name, bad := range map[string]frame{
		"continuation of nothing": {Fin: true},
		"reserved opcode":         {Fin: true, Opcode: 3},
		"fragmented ping":         {Opcode: protocol.OpPing},
		"ping that is too long":   {Fin: true, Opcode: protocol.OpPing, Payload: make([]byte, 126)},
		"close frame of one byte": {Fin: true, Opcode: protocol.OpClose, Payload: []byte{3}},
		"RSV bit on a pong":       {Fin: true, RSV: 1, Opcode: protocol.OpPong},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(echo, staged(func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) {
					return func(frame) error { _ = down(bad); return nil }, nil
				}))
				p := connect(t, wstest.NewServer(t, s), "/")
				p.text("x")
				p.expectClose(protocol.CloseInternalError, "")
				p.hangUp()
				s.expectEnd(t, protocol.CloseInternalError, false)
			})
		})
	}
}

func TestDeadlinesHoldBelowStages(t *testing.T) {
	t.Run("message", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			settings := staged(identity)
			settings.MessageTimeout, settings.PingInterval = 20*time.Second, -1
			s := serve(echo, settings)
			p := connect(t, wstest.NewServer(t, s), "/")
			go p.takeAll()
			require.NoError(t, p.Conn().SetWriteDeadline(time.Time{}))
			time.Sleep(time.Hour)
			start := time.Now()
			b := wstest.TextFrame(strings.Repeat("x", 100)).Append(nil, protocol.Client)
			var writing sync.WaitGroup
			writing.Go(func() {
				for i := range b {
					if _, err := p.Conn().Write(b[i : i+1]); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			})
			closed := s.expectEnd(t, protocol.ClosePolicyViolation, false)
			require.Equal(t, "message took too long", closed.Reason)
			// 20 s, and those of CloseTimeout in which the peer may read why.
			require.Equal(t, 30*time.Second, time.Since(start).Round(time.Second))
			writing.Wait()
		})
	})
	t.Run("pong", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(echo, staged(identity))
			p := connect(t, wstest.NewServer(t, s), "/")
			go p.takeAll()
			start := time.Now()
			require.Equal(t, "no pong came in time", s.expectEnd(t, protocol.CloseAbnormal, false).Reason)
			require.Equal(t, 40*time.Second, time.Since(start))
		})
	})
	t.Run("large frame that comes slowly", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			settings := staged(identity)
			settings.MessageTimeout = -1
			s := serve(echo, settings)
			p := connect(t, wstest.NewServer(t, s), "/")
			require.NoError(t, p.Conn().SetWriteDeadline(time.Time{}))
			body := strings.Repeat("0123456789", 50_000)
			b := wstest.TextFrame(body).Append(nil, protocol.Client)
			for ; len(b) > 5000; b = b[5000:] { // no pong can come in between
				time.Sleep(time.Second)
				p.Write(b[:5000])
			}
			p.Write(b)
			f, err := p.next()
			for ; err == nil && f.Opcode == protocol.OpPing; f, err = p.next() {
			}
			require.NoError(t, err)
			require.True(t, body == string(f.Payload))
			p.hangUp()
			s.expectEnd(t, protocol.CloseAbnormal, false)
		})
	})
	t.Run("write", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(func(source) source { return flow.Of(message.Text(strings.Repeat("x", 1<<20))) }, staged(identity))
			connect(t, wstest.NewServer(t, s), "/")
			s.expectEnd(t, protocol.CloseAbnormal, false)
		})
	})
}

// A stage may be what encrypts: once it has failed, nothing passes it by.
func TestAfterAStageHasFailedTheCloseFrameAloneIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, staged(func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) {
			return nil, func(f frame) error {
				if string(f.Payload) == "bad" {
					return errors.New("no")
				}
				return down(f)
			}
		}))
		p := connect(t, wstest.NewServer(t, s), "/")
		p.WriteFrames(wstest.TextFrame("bad"), wstest.TextFrame("secret"), wstest.TextFrame("secret")) // answered in one write
		p.expectClose(protocol.CloseInternalError, "")
		p.hangUp()
		s.expectEnd(t, protocol.CloseInternalError, false)
	})
}
