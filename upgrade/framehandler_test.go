package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

type frameSource = flow.Source[frame]

// serveFrames serves a handler of frames.
func serveFrames(h upgrade.FrameHandler, settings upgrade.Settings) *frameService {
	return &frameService{service: serve(nil, settings), frames: h}
}

type frameService struct {
	*service
	frames upgrade.FrameHandler
}

func (s *frameService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.ended <- s.ServeFrames(w, r, s.frames)
}

// framesOf keeps what comes, and answers with what answer says.
func framesOf(got chan<- frame, answer func(frame) []frame) upgrade.FrameHandler {
	return func(in frameSource) frameSource {
		return flow.MapConcat(in, func(f frame) []frame {
			got <- f
			if answer == nil {
				return nil
			}
			return answer(f)
		})
	}
}

func dataOnly(f frame) []frame {
	if f.Opcode.IsData() {
		return []frame{f}
	}
	return nil
}

func TestFrameHandlerSeesEveryFrameAndItsOwnAreSentAsTheyAre(t *testing.T) {
	for _, stages := range [][]stage{nil, {identity}} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			got := make(chan frame, 100)
			s := serveFrames(framesOf(got, dataOnly), staged(stages...))
			p := connect(t, wstest.NewServer(t, s, w), "/")
			p.frame(protocol.OpText, "a\xc3", false) // a character in two frames
			p.frame(protocol.OpPing, "p", true)
			p.frame(protocol.OpPong, "q", true)
			p.frame(protocol.OpContinuation, "\xa4", true)
			p.frame(protocol.OpBinary, "", false)
			p.frame(protocol.OpContinuation, strings.Repeat("x", 100_000), true)
			// The pong may be anywhere among them.
			var data []wstest.Frame
			for pong := false; len(data) < 4 || !pong; {
				f := p.ReadFrame()
				if f.Opcode == protocol.OpPong {
					require.Equal(t, "p", string(f.Payload))
					pong = true
					continue
				}
				data = append(data, f)
			}
			require.Equal(t, []string{
				`text of 2 bytes "a\xc3", more follow`, `continuation of 1 bytes "\xa4"`,
				`binary of 0 bytes "", more follow`, fmt.Sprintf("continuation of 100000 bytes %q", strings.Repeat("x", 48)+"…"),
			}[:3], []string{data[0].String(), data[1].String(), data[2].String()})
			require.Len(t, data[3].Payload, 100_000)
			require.False(t, data[3].More)
			p.close(protocol.CloseNormal, "bye")
			p.expectClose(protocol.CloseNormal, "bye")
			s.expectEnd(t, 0, false)
			close(got)
			var opcodes []string
			for f := range got {
				require.True(t, f.Masked)
				require.Equal(t, [4]byte{0x37, 0xfa, 0x21, 0x3d}, f.MaskKey)
				opcodes = append(opcodes, f.String())
			}
			require.Equal(t, []string{
				"text, 2 bytes, more follow", "ping, 1 bytes", "pong, 1 bytes", "continuation, 1 bytes",
				"binary, 0 bytes, more follow", "continuation, 100000 bytes", "close, 5 bytes",
			}, opcodes)
		})
	}
}

func TestFrameHandlerBeginsTheClosingHandshakeAndSeesTheAnswer(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		got := make(chan frame, 100)
		s := serveFrames(framesOf(got, func(f frame) []frame {
			if f.Opcode.IsControl() {
				return nil
			}
			return []frame{{Fin: true, Opcode: protocol.OpClose, Payload: append([]byte{0x0f, 0xa1}, "enough"...)}}
		}), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.expectClose(4001, "enough")
		p.close(4001, "")
		s.expectEnd(t, 4001, false)
		require.Equal(t, protocol.OpText, (<-got).Opcode)
		require.Equal(t, protocol.OpClose, (<-got).Opcode)
	})
}

func TestEmptyCloseFrameOfAFrameHandlerIsClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serveFrames(func(frameSource) frameSource { return flow.Of(frame{Fin: true, Opcode: protocol.OpClose}) }, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.ExpectFrame(wstest.Frame{Opcode: protocol.OpClose})
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestFrameThatMayNotBeSentFailsTheFrameHandler(t *testing.T) {
	for name, tc := range map[string]struct {
		out  []frame
		want error
	}{
		"continuation of nothing":       {[]frame{{Fin: true}}, protocol.ErrNoMessage},
		"message inside another":        {[]frame{{Opcode: protocol.OpText}, {Fin: true, Opcode: protocol.OpText}}, protocol.ErrMessageOpen},
		"reserved opcode":               {[]frame{{Fin: true, Opcode: 3}}, protocol.ErrInvalidFrame},
		"reserved control opcode":       {[]frame{{Fin: true, Opcode: 11}}, protocol.ErrInvalidFrame},
		"RSV bit that nobody agreed on": {[]frame{{Fin: true, RSV: protocol.RSV1, Opcode: protocol.OpText}}, protocol.ErrInvalidFrame},
		"fragmented ping":               {[]frame{{Opcode: protocol.OpPing}}, protocol.ErrInvalidFrame},
		"pong that is too long":         {[]frame{{Fin: true, Opcode: protocol.OpPong, Payload: make([]byte, 126)}}, protocol.ErrControlTooLong},
		"close frame of one byte":       {[]frame{{Fin: true, Opcode: protocol.OpClose, Payload: []byte{3}}}, protocol.ErrInvalidFrame},
		"close frame with 1006":         {[]frame{{Fin: true, Opcode: protocol.OpClose, Payload: []byte{0x03, 0xee}}}, protocol.ErrInvalidFrame},
		"text that is not UTF-8":        {[]frame{{Fin: true, Opcode: protocol.OpText, Payload: []byte{0xff}}}, upgrade.ErrInvalidText},
		"text that ends in a character": {[]frame{{Opcode: protocol.OpText, Payload: []byte{0xc3}}, {Fin: true}}, upgrade.ErrInvalidText},
		"the end inside a message":      {[]frame{{Opcode: protocol.OpText}}, errors.New("upgrade: frame handler ended inside a message")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := new(witness)
				settings := quiet
				settings.Observer = w
				s := serveFrames(func(frameSource) frameSource { return flow.Of(tc.out...) }, settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				f := p.ReadFrame()
				for f.More {
					f = p.ReadFrame()
				}
				require.True(t, f.String() == wstest.CloseFrame(protocol.CloseInternalError, "").String(), f.String())
				p.close(protocol.CloseInternalError, "")
				s.expectEnd(t, protocol.CloseInternalError, false)
				require.Len(t, seen[upgrade.Failed](w), 1)
				require.ErrorContains(t, seen[upgrade.Failed](w)[0].Err, tc.want.Error())
			})
		})
	}
}

func TestPingsOfAFrameHandlerAreTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		s := serveFrames(func(in frameSource) frameSource {
			return flow.FromFunc(func(ctx context.Context, emit func(frame) error) error {
				conns <- upgrade.FromContext(ctx)
				if err := emit(frame{Fin: true, Opcode: protocol.OpPing, Payload: []byte("mine")}); err != nil {
					return err
				}
				return in.Run(ctx, func(frame) error { return nil })
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.ExpectFrame(wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("mine")})
		c := <-conns
		require.Zero(t, c.RoundTripTime())
		time.Sleep(200 * time.Millisecond)
		p.frame(protocol.OpPong, "other", true)
		synctest.Wait()
		require.Zero(t, c.RoundTripTime())
		p.frame(protocol.OpPong, "mine", true)
		synctest.Wait()
		require.Equal(t, 200*time.Millisecond, c.RoundTripTime())
		p.hangUp()
		s.expectEnd(t, protocol.CloseAbnormal, false)
	})
}

// Pings are answered while the handler is busy, and the handler sees them afterwards, in their order.
func TestBusyFrameHandlerMissesNoControlFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan frame, 300)
		s := serveFrames(framesOf(got, func(f frame) []frame {
			if f.Opcode == protocol.OpText {
				time.Sleep(20 * time.Second)
			}
			return nil
		}), quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		time.Sleep(time.Second)
		want := []string{"x"}
		for i := range 64 { // so many are held
			payload := fmt.Sprint(i)
			p.frame(protocol.OpPing, payload, true)
			p.expectPong(payload) // at once
			want = append(want, payload)
		}
		p.frame(protocol.OpPing, "late", true)
		p.ExpectNothing(time.Second)
		want = append(want, "late")
		for i := range 100 {
			p.frame(protocol.OpPong, fmt.Sprint(-i), true)
			want = append(want, fmt.Sprint(-i))
		}
		p.frame(protocol.OpBinary, "y", true)
		want = append(want, "y")
		p.close(protocol.CloseNormal, "")
		want = append(want, "\x03\xe8")
		p.expectPong("late")
		p.expectClose(protocol.CloseNormal, "*")
		s.expectEnd(t, 0, false)
		close(got)
		var payloads []string
		for f := range got {
			payloads = append(payloads, string(f.Payload))
		}
		require.Equal(t, want, payloads)
	})
}

func TestFrameHandlersMessageIsNotInterruptedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		next := make(chan frame)
		s := serveFrames(func(frameSource) frameSource {
			return flow.FromFunc(func(ctx context.Context, emit func(frame) error) error {
				conns <- upgrade.FromContext(ctx)
				for f := range next {
					if err := emit(f); err != nil {
						return err
					}
				}
				return nil
			})
		}, quiet)
		p := connect(t, wstest.NewServer(t, s), "/")
		c := <-conns
		next <- frame{Opcode: protocol.OpText, Payload: []byte("a")}
		p.ExpectFrame(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("a"), More: true})
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), message.Text("other")) }()
		p.ExpectNothing(time.Second)
		next <- frame{Fin: true, Payload: []byte("b")}
		p.ExpectFrame(wstest.Frame{Opcode: protocol.OpContinuation, Payload: []byte("b")})
		p.ExpectText("other")
		require.NoError(t, <-sent)
		close(next)
		p.expectClose(protocol.CloseNormal, "")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestPeerOfAFrameHandlerIsJudgedAsAnyOther(t *testing.T) {
	for name, tc := range map[string]struct {
		frames []wstest.Frame
		code   upgrade.CloseCode
	}{
		"continuation of nothing": {[]wstest.Frame{{Payload: []byte("x")}}, protocol.CloseProtocolError},
		"no mask":                 {[]wstest.Frame{{Opcode: protocol.OpText, WrongMask: true}}, protocol.CloseProtocolError},
		"not UTF-8":               {[]wstest.Frame{wstest.TextFrame("\xff")}, protocol.CloseInvalidPayload},
		"too long":                {[]wstest.Frame{wstest.TextFrame(strings.Repeat("x", 1001))}, protocol.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				settings := quiet
				settings.MaxMessage = 1000
				got := make(chan frame, 1)
				s := serveFrames(framesOf(got, nil), settings)
				p := connect(t, wstest.NewServer(t, s), "/")
				p.WriteFrames(tc.frames...)
				p.expectClose(tc.code, "*")
				p.hangUp()
				s.expectEnd(t, tc.code, false)
				require.Empty(t, got)
			})
		})
	}
}

func TestFrameHandlerIsAnHTTPHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, ws.FrameHandler(func(in frameSource) frameSource {
			return flow.Filter(in, func(f frame) bool { return f.Opcode.IsData() })
		}))
		p := connect(t, s, "/")
		p.text("x")
		p.expectText("x")
		resp, err := s.Client().Get(s.HTTPURL("/"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
		shut := make(chan error, 1)
		go func() { shut <- ws.Shutdown(t.Context()) }()
		p.expectClose(protocol.CloseGoingAway, "*")
		p.close(protocol.CloseGoingAway, "")
		require.NoError(t, <-shut)
	})
}
