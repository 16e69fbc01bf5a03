package upgrade_test

import (
	"bytes"
	"io"
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

type (
	frame     = upgrade.Frame
	frameFunc = upgrade.FrameFunc
	stage     = upgrade.FrameStage
)

// identity is a stage that does nothing.
func identity(_ *upgrade.Conn, up, down frameFunc) (in, out frameFunc) {
	return func(f frame) error { return up(f) }, func(f frame) error { return down(f) }
}

// marking appends a mark to texts in each direction.
func marking(mark string) stage {
	return func(_ *upgrade.Conn, up, down frameFunc) (in, out frameFunc) {
		to := func(pass frameFunc) frameFunc {
			return func(f frame) error {
				if f.Opcode == protocol.OpText {
					f.Payload = append(f.Payload, mark...)
				}
				return pass(f)
			}
		}
		return to(up), to(down)
	}
}

func staged(stages ...stage) upgrade.Settings {
	s := quiet
	s.FrameStages = stages
	return s
}

func TestStagesAreAppliedInTheirOrderInBothDirections(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, staged(marking("1"), identity, marking("2")))
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.expectText("x1221")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

// A frame that is seen has its payload unmasked, and still the key that it came with.
func TestStagesSeeEachFrameWithItsMaskAndItsPayloadUnmasked(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		var mu sync.Mutex
		var in, out []frame
		keep := func(to *[]frame, pass frameFunc) frameFunc {
			return func(f frame) error {
				mu.Lock()
				kept := f
				kept.Payload = bytes.Clone(f.Payload)
				*to = append(*to, kept)
				mu.Unlock()
				return pass(f)
			}
		}
		s := serve(echo, staged(func(_ *upgrade.Conn, up, down frameFunc) (frameFunc, frameFunc) {
			return keep(&in, up), keep(&out, down)
		}))
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.frame(protocol.OpText, "ab", false)
		p.frame(protocol.OpPing, "p", true)
		p.frame(protocol.OpContinuation, "cd", true)
		p.expectPong("p")
		p.expectText("abcd")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
		key := [4]byte{0x37, 0xfa, 0x21, 0x3d} // wstest's
		require.Equal(t, []frame{
			{Opcode: protocol.OpText, Masked: true, MaskKey: key, Payload: []byte("ab")},
			{Fin: true, Opcode: protocol.OpPing, Masked: true, MaskKey: key, Payload: []byte("p")},
			{Fin: true, Opcode: protocol.OpContinuation, Masked: true, MaskKey: key, Payload: []byte("cd")},
			{Fin: true, Opcode: protocol.OpClose, Masked: true, MaskKey: key, Payload: []byte{3, 0xe8}},
		}, in)
		require.Equal(t, []frame{
			{Fin: true, Opcode: protocol.OpPong, Payload: []byte("p")},
			{Fin: true, Opcode: protocol.OpText, Payload: []byte("abcd")},
			{Fin: true, Opcode: protocol.OpClose, Payload: []byte{3, 0xe8}},
		}, out)
	})
}

func TestClientWithStagesMasksWithKeysOfItsOwn(t *testing.T) {
	for _, w := range wstest.Wires() {
		t.Run(w.String(), func(t *testing.T) {
			s := wstest.NewPeerServer(t, w)
			d := s.Dialer()
			d.Settings = staged(marking("!"))
			c, _, err := d.Dial(t.Context(), s.URL("/"))
			require.NoError(t, err)
			p := s.Accept()
			ended := make(chan error, 1)
			go func() { ended <- c.Run(t.Context(), echo) }()
			var keys [2][4]byte
			for i := range keys {
				p.WriteText("abc")
				b := make([]byte, 6+5)
				_, err := io.ReadFull(p.Conn(), b)
				require.NoError(t, err)
				h, n, err := protocol.ParseFrameHeader(b)
				require.NoError(t, err)
				require.True(t, h.Masked)
				protocol.Mask(b[n:], h.MaskKey, 0)
				require.Equal(t, "abc!!", string(b[n:]))
				keys[i] = h.MaskKey
			}
			require.NotEqual(t, keys[0], keys[1])
			require.Equal(t, w.TLS, c.TLS() != nil)
			p.WriteClose(protocol.CloseNormal, "")
			require.Equal(t, "", p.ExpectClose(protocol.CloseNormal))
			p.Cut()
			require.NoError(t, <-ended)
		})
	}
}

// Bytes that came together with the handshake go through the stages, too.
func TestStagesSeeWhatIsGluedToTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, staged(marking("!")))
		nc := wstest.NewServer(t, s).RawDial()
		ask := protocol.ClientHandshake{Host: "example.com", Key: protocol.NewKey(), Target: "/"}
		head, err := ask.AppendRequest(nil)
		require.NoError(t, err)
		_, err = nc.Write(wstest.TextFrame("abc").Append(head, protocol.Client))
		require.NoError(t, err)
		var b []byte
		for !bytes.HasSuffix(b, []byte("abc!!")) {
			chunk := make([]byte, 512)
			n, err := nc.Read(chunk)
			require.NoError(t, err)
			b = append(b, chunk[:n]...)
		}
	})
}

func TestStageMaySendAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		downs := make(chan frameFunc, 1)
		s := serve(func(source) source { return flow.Never[message.Message]() },
			staged(marking("!"), func(c *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) {
				require.Equal(t, "/", c.Request().URL.Path)
				require.NoError(t, down(frame{Fin: true, Opcode: protocol.OpText, Payload: []byte("hello")}))
				downs <- down
				return nil, nil
			}))
		p := connect(t, wstest.NewServer(t, s), "/")
		p.expectText("hello!")
		down := <-downs
		time.Sleep(25 * time.Second) // later than the write deadline of what was written last
		require.NoError(t, down(frame{Fin: true, Opcode: protocol.OpText, Payload: []byte("x")}))
		p.expectText("x!")
		p.hangUp()
		s.expectEnd(t, protocol.CloseAbnormal, false)
		require.Error(t, down(frame{Fin: true, Opcode: protocol.OpText}))
	})
}

func TestFramesOfStagesComeBetweenFramesAndNotInsideThem(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		large := strings.Repeat("0123456789", 40_000)
		downs := make(chan frameFunc, 1)
		chunks := make(chan string)
		s := serve(func(source) source {
			return flow.Of(message.TextStream(flow.FromChan(chunks)))
		}, staged(identity, func(_ *upgrade.Conn, _, down frameFunc) (frameFunc, frameFunc) {
			downs <- down
			return nil, nil
		}))
		p := connect(t, wstest.NewServer(t, s, w), "/")
		down := <-downs
		var adding sync.WaitGroup
		for range 4 {
			adding.Go(func() {
				for range 50 {
					_ = down(frame{Fin: true, Opcode: protocol.OpPong, Payload: []byte("beat")})
				}
			})
		}
		go func() {
			defer close(chunks)
			for range 3 {
				chunks <- large
			}
			adding.Wait() // nothing goes out after the close frame
		}()
		var got strings.Builder
		for beats, whole := 0, false; beats < 200 || !whole; {
			f := p.ReadFrame()
			if f.Opcode == protocol.OpPong {
				require.Equal(t, "beat", string(f.Payload))
				beats++
				continue
			}
			got.Write(f.Payload)
			whole = !f.More
		}
		require.True(t, got.String() == strings.Repeat(large, 3))
		p.expectClose(protocol.CloseNormal, "")
		p.close(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
	})
}

func TestTrafficWithStagesIsThatOfTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := new(witness)
		settings := staged(marking("+++"), func(_ *upgrade.Conn, up, down frameFunc) (frameFunc, frameFunc) {
			return func(f frame) error {
				if f.Opcode == protocol.OpPing {
					return nil
				}
				return up(f)
			}, nil
		})
		settings.Observer = w
		s := serve(echo, settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.frame(protocol.OpPing, "", true)
		p.text("abc")
		p.expectText("abc++++++")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
		synctest.Wait()
		require.Equal(t, upgrade.Traffic{
			MessagesIn: 1, MessagesOut: 1, ControlIn: 2, BytesIn: 6 + 6 + 3 + 6 + 2, BytesOut: 2 + 9 + 2 + 2,
		}, seen[upgrade.Closed](w)[0].Traffic)
	})
}
