package hostile_test

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

const offerDeflate = "Sec-WebSocket-Extensions: permessage-deflate"

// compressing is a server that agrees on permessage-deflate, and answers nothing.
func compressing(settings upgrade.Settings) setup {
	settings.Compression = &deflate.Settings{}
	return setup{settings: settings, handler: devour}
}

// deflated is what a message becomes, by another implementation than ours (RFC 7692, 7.2.1).
func deflated(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xFF, 0xFF})
}

// compressed is a message of one frame, or of fragments of so many bytes.
func compressed(op protocol.Opcode, payload []byte, size int) []wstest.Frame {
	if size == 0 || size >= len(payload) {
		return []wstest.Frame{{Opcode: op, RSV: protocol.RSV1, Payload: payload}}
	}
	frames := []wstest.Frame{{Opcode: op, RSV: protocol.RSV1, Payload: payload[:size], More: true}}
	for rest := payload[size:]; len(rest) > 0; rest = rest[min(size, len(rest)):] {
		frames = append(frames, wstest.Frame{Payload: rest[:min(size, len(rest))], More: len(rest) > size})
	}
	return frames
}

func TestRow34BombsAreClosedNearTheLimit(t *testing.T) {
	bomb := deflated(t, make([]byte, 60<<20))
	t.Logf("%d bytes inflate to %d", len(bomb), 60<<20)
	for size, streamings := range map[int][]bool{0: {false, true}, 1000: {false}} {
		for _, streaming := range streamings {
			everywhere(t, compressing(upgrade.Settings{Streaming: streaming}), func(t *testing.T, s *site) {
				c := s.shake(offerDeflate)
				b := of(compressed(protocol.OpBinary, bomb, size)...)
				bytes := allocated(func() {
					c.Write(b)
					c.ExpectClose(protocol.CloseMessageTooBig)
				})
				c.ExpectEOF()
				c.Cut()
				s.wantEnd(protocol.CloseMessageTooBig, false)
				s.wantSeen()
				t.Logf("streaming %t, fragments of %d bytes: %d KiB allocated, by both ends; the limit is %d KiB",
					streaming, size, bytes>>10, protocol.DefaultMaxMessage>>10)
				// A message grows by doubling, which all together is twice the limit; an inflater has its window.
				require.True(t, racing || bytes < 5*protocol.DefaultMaxMessage, bytes)
			})
		}
	}
}

func TestRow34LimitOfWhatAMessageInflatesTo(t *testing.T) {
	const limit = 10_000
	everywhere(t, compressing(upgrade.Settings{MaxMessage: limit}), func(t *testing.T, s *site) {
		text := strings.Repeat("x", limit)
		for _, size := range []int{0, 7} {
			c := s.shake(offerDeflate)
			c.WriteFrames(compressed(protocol.OpText, deflated(t, []byte(text)), size)...)
			c.WriteClose(protocol.CloseNormal, "")
			c.closed(protocol.CloseNormal)
			s.wantSeen(text)
			s.wantEnd(0, false)
			s.seen = nil

			c = s.shake(offerDeflate)
			c.WriteFrames(compressed(protocol.OpText, deflated(t, []byte(text+"y")), size)...)
			c.closed(protocol.CloseMessageTooBig)
			s.wantSeen()
			s.wantEnd(protocol.CloseMessageTooBig, false)
		}
	})
}

// bits packs bits as DEFLATE does, the first one lowest (RFC 1951, 3.1.1).
func bits(s string) []byte {
	var b []byte
	n := 0
	for _, c := range s {
		if c == ' ' {
			continue
		}
		if n%8 == 0 {
			b = append(b, 0)
		}
		if c == '1' {
			b[n/8] |= 1 << (n % 8)
		}
		n++
	}
	return b
}

func TestRow35DeflateThatIsBroken(t *testing.T) {
	whole := deflated(t, []byte(strings.Repeat("What is written here is long enough to be cut. ", 20)))
	var all []crime
	for name, payload := range map[string][]byte{
		"a block type that is none":     {0x07, 0xFF},
		"a stored length that is wrong": {0x00, 0x05, 0x00, 0x00, 0x00, 'a'},
		"code lengths that are none":    bits("0 01 11111 11111 1111 111 111 111 111"),
		"truncated":                     whole[:len(whole)/2],
		"a few bytes short":             whole[:len(whole)-4],
		// A length of 3 and a distance of 1, and nothing before it: "000" begins the block that is flushed.
		"a distance beyond what there is": bits("0 10 0000001 00000 0000000 000"),
		"nothing but FF":                  {0xFF, 0xFF, 0xFF, 0xFF},
		"a symbol that there is not":      bits("0 10 11000110 00000 0000000 000"),
	} {
		for _, size := range []int{0, 1} {
			all = append(all, crime{name: name, bytes: of(compressed(protocol.OpBinary, payload, size)...), code: 1007})
		}
	}
	punish(t, compressing(upgrade.Settings{}), all...)
}

// The window is what was agreed upon, whatever the sender has: 512 bytes here.
func TestRow35DistanceBeyondTheWindow(t *testing.T) {
	noise := make([]byte, 2000) // does not repeat
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x)
	}
	far := deflated(t, append(noise, noise[:500]...)) // repeats what is 2000 bytes back
	o := setup{settings: upgrade.Settings{Compression: &deflate.Settings{}}, handler: devour}
	everywhere(t, o, func(t *testing.T, s *site) {
		c := s.shake(offerDeflate + "; client_max_window_bits=9")
		if !strings.Contains(c.Extensions, "client_max_window_bits=9") {
			t.Fatalf("the server agreed on %q", c.Extensions)
		}
		c.WriteFrames(compressed(protocol.OpBinary, far, 0)...)
		c.closed(protocol.CloseInvalidPayload)
		s.wantEnd(protocol.CloseInvalidPayload, false)
		s.wantSeen()
	})
}

func TestRow36EmptyCompressedMessage(t *testing.T) {
	everywhere(t, compressing(upgrade.Settings{}), func(t *testing.T, s *site) {
		c := s.shake(offerDeflate)
		for _, payload := range [][]byte{{0x00}, {0x02, 0x00}} { // both are in RFC 7692, 7.2.3.6 and 7.2.3.2
			c.WriteFrames(compressed(protocol.OpText, payload, 0)...)
			c.WriteFrames(compressed(protocol.OpBinary, payload, 1)...)
			c.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, More: true}, wstest.Frame{Payload: payload, More: true}, wstest.Frame{})
		}
		c.WriteClose(protocol.CloseNormal, "")
		c.closed(protocol.CloseNormal)
		s.wantSeen("", "", "", "", "", "")
		s.wantEnd(0, false)
	})
}
