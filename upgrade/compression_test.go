package upgrade_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// compressing is the settings of a quiet connection that compresses.
func compressing(s deflate.Settings, streaming bool) upgrade.Settings {
	set := quiet
	set.Compression, set.Streaming = &s, streaming
	return set
}

var taking = deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}}

// A packer is a client that compresses by itself and sees what is on the wire.
type packer struct {
	*peer
	*deflate.Codec
}

// pack connects with an offer of permessage-deflate, which the server has to answer as told.
func pack(t *testing.T, s *wstest.Server, offer, answer string) *packer {
	t.Helper()
	offers, err := protocol.ParseExtensions([]string{offer})
	require.NoError(t, err)
	p := s.Peer("/", protocol.ClientHandshake{Extensions: offers})
	require.Equal(t, answer, p.Response.Header.Get("Sec-WebSocket-Extensions"))
	p.Timeout = time.Minute
	answers, err := protocol.ParseExtensions([]string{answer})
	require.NoError(t, err)
	settings := deflate.Settings{Client: deflate.Window{Takeover: true}, Threshold: -1, MaxMessage: -1}
	settings.Server = settings.Client
	agreed, err := settings.Confirm(answers[0])
	require.NoError(t, err)
	return &packer{&peer{Peer: p, t: t}, deflate.NewCodec(settings, agreed, protocol.Client)}
}

// message sends a compressed message in fragments of at most cut bytes.
func (p *packer) message(op protocol.Opcode, content string, cut int) {
	p.t.Helper()
	p.raw(op, p.Encode(nil, []byte(content), true), cut)
}

// raw sends what is compressed already.
func (p *packer) raw(op protocol.Opcode, wire []byte, cut int) {
	p.t.Helper()
	for rsv := protocol.RSV1; ; rsv, op = 0, protocol.OpContinuation {
		n := min(cut, len(wire))
		p.WriteFrames(wstest.Frame{Opcode: op, RSV: rsv, Payload: wire[:n], More: n < len(wire)})
		if wire = wire[n:]; len(wire) == 0 {
			return
		}
	}
}

// expect expects a message and whether it is compressed, and returns the bytes of its payload on the wire.
func (p *packer) expect(want string, compressed bool) int {
	p.t.Helper()
	var wire []byte
	for first := true; ; first = false {
		f := p.ReadFrame()
		require.False(p.t, f.Opcode.IsControl(), f.String())
		require.Equal(p.t, first && compressed, f.RSV == protocol.RSV1, f.String())
		wire = append(wire, f.Payload...)
		if !f.More {
			break
		}
	}
	got := wire
	if compressed {
		out, n, err := p.Decode(make([]byte, 0, len(want)+1000), wire, true)
		require.NoError(p.t, err)
		require.Equal(p.t, len(wire), n)
		got = out
	}
	require.True(p.t, want == string(got), "%.100q… of %d, not %.100q… of %d", got, len(got), want, len(want))
	return len(wire)
}

// contents are messages of every kind: nothing, little, repetitive, not compressible, large.
func contents() []string {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(' ' + rnd.IntN(95))
	}
	return []string{
		"", "a", "Hällo €", strings.Repeat("many times ", 100), string(noise),
		strings.Repeat("€", 60_000), strings.Repeat(string(noise[:300]), 50),
	}
}

func TestCompressedMessagesAreEchoed(t *testing.T) {
	for _, c := range []struct {
		settings      deflate.Settings
		offer, answer string
	}{
		{
			deflate.Settings{},
			"permessage-deflate",
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		},
		{taking, "permessage-deflate", "permessage-deflate"},
		{
			taking, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=8",
			"permessage-deflate; server_max_window_bits=9; client_max_window_bits=8",
		},
		{
			taking, "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; client_max_window_bits",
			"permessage-deflate; server_no_context_takeover; server_max_window_bits=8",
		},
	} {
		c.settings.Threshold = -1
		for _, streaming := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s streaming %v", c.answer, streaming), func(t *testing.T) {
				onWires(t, func(t *testing.T, w wstest.Wire) {
					s := serve(echo, compressing(c.settings, streaming))
					p := pack(t, wstest.NewServer(t, s, w), c.offer, c.answer)
					for _, content := range contents() {
						go p.message(protocol.OpText, content, 1000)
						p.expect(content, true)
						go p.message(protocol.OpBinary, content, 1<<20)
						p.expect(content, true)
						if len(content) < 10_000 {
							p.text(content) // one that is not compressed, in between
							p.expect(content, true)
						}
					}
					p.close(protocol.CloseNormal, "")
					p.expectClose(protocol.CloseNormal, "")
					s.expectEnd(t, 0, false)
				})
			})
		}
	}
}

func TestOurEndsCompressForEachOther(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			set := compressing(taking, streaming)
			server := wstest.NewServer(t, serve(echo, set), w)
			d := server.Dialer()
			d.Settings = set
			c, resp, err := d.Dial(t.Context(), server.URL("/"))
			require.NoError(t, err)
			require.Equal(t, "permessage-deflate", resp.Header.Get("Sec-WebSocket-Extensions"))
			require.Equal(t, []protocol.Extension{{Name: "permessage-deflate"}}, c.Extensions())
			var sent, got []string
			for i, content := range contents() {
				sent = append(sent, fmt.Sprint(i, content))
			}
			texts := flow.Map(flow.Of(sent...), func(s string) message.Message {
				return message.TextStream(flow.Of(s[:len(s)/2], s[len(s)/2:]))
			})
			_, err = flow.ForEach(func(ctx context.Context, m message.Message) error {
				m, err := m.Strict(ctx, 1<<20)
				got = append(got, m.Text())
				return err
			}).Run(t.Context(), c.Flow()(texts))
			require.NoError(t, err)
			require.Equal(t, sent, got)
		})
	}
}

func TestWithoutAgreementNothingIsCompressed(t *testing.T) {
	s := serve(echo, compressing(taking, false))
	server := wstest.NewServer(t, s)
	p := connect(t, server, "/") // offers nothing
	p.text(strings.Repeat("a", 1000))
	p.ExpectFrame(wstest.TextFrame(strings.Repeat("a", 1000)))

	for _, declined := range []string{
		"permessage-deflate; server_max_window_bits=7", "permessage-deflate; client_max_window_bits=16",
		"permessage-deflate; server_max_window_bits=08", "permessage-deflate; server_max_window_bits=abc",
		"permessage-deflate; unknown", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
		"x-webkit-deflate-frame",
	} {
		offers, err := protocol.ParseExtensions([]string{declined})
		require.NoError(t, err)
		q := server.Peer("/", protocol.ClientHandshake{Extensions: offers})
		require.Equal(t, 101, q.Response.Status)
		require.Empty(t, q.Response.Header.Get("Sec-WebSocket-Extensions"), declined)
		q.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, Payload: []byte("x")})
		q.ExpectClose(protocol.CloseProtocolError)
	}
}

func TestTheSenderDecidesForEachMessage(t *testing.T) {
	long, short := strings.Repeat("words ", 100), "hi"
	s := serve(func(in source) source {
		return flow.MapConcat(in, func(message.Message) []message.Message {
			return []message.Message{
				message.Text(long), message.Text(short),
				message.Text(long).WithCompression(message.CompressNever),
				message.Text(short).WithCompression(message.CompressAlways),
				message.TextStream(flow.Of(long, short)),
				message.TextStream(flow.Of(long, short)).WithCompression(message.CompressNever),
			}
		})
	}, compressing(taking, false))
	p := pack(t, wstest.NewServer(t, s), "permessage-deflate", "permessage-deflate")
	p.text("go")
	require.Less(t, p.expect(long, true), 50)
	p.expect(short, false)
	p.expect(long, false)
	p.expect(short, true)
	require.Less(t, p.expect(long+short, true), 30, "the second message refers to the first")
	p.expect(long+short, false)
}

func TestStrictnessOfCompressedMessagesDependsOnFramingAndContentAlone(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(strictness, compressing(taking, true))
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		for _, c := range []struct {
			length, cut int
			want        string
		}{
			{0, 1 << 20, "strict"},
			{100, 1 << 20, "strict"},
			{100, 1, "streamed"},
			{64 << 10, 1 << 20, "strict"},
			{64<<10 + 1, 1 << 20, "streamed"},
			{500_000, 1 << 20, "streamed"},
		} {
			p.message(protocol.OpText, strings.Repeat("x", c.length), c.cut)
			p.expect(c.want, false)
		}
	})
}

func TestADrainedMessageIsPartOfTheContext(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.Filter(in, message.Message.IsStrict) // streamed ones are drained
		}, compressing(taking, true))
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		for _, first := range []string{strings.Repeat("some context ", 10_000), "some context "} {
			p.message(protocol.OpText, first, 1)
			p.message(protocol.OpText, "some context", 1<<20)
			p.expect("some context", false)
		}
	})
}

func TestChunksOfCompressedTextEndBetweenCharacters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := strings.Repeat("a€𝄞ü", 30_000)
		seen := make(chan string, 1)
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				var all strings.Builder
				err := m.TextChunks().Run(ctx, func(chunk string) error {
					require.True(t, strings.ToValidUTF8(chunk, "?") == chunk)
					all.WriteString(chunk)
					return nil
				})
				seen <- all.String()
				return message.Text("ok"), err
			})
		}, compressing(taking, true))
		p := pack(t, wstest.NewServer(t, s), "permessage-deflate", "permessage-deflate")
		p.message(protocol.OpText, content, 3)
		p.expect("ok", false)
		require.True(t, content == <-seen)
	})
}

func TestCompressedMessagesAreJudged(t *testing.T) { // hostile inputs 34 to 37
	for name, c := range map[string]struct {
		op   protocol.Opcode
		wire []byte
		code protocol.CloseCode
	}{
		"corrupt":             {protocol.OpBinary, []byte{0xff, 0xff, 0xff}, protocol.CloseInvalidPayload},
		"truncated":           {protocol.OpBinary, []byte{0xf2, 0x48, 0xcd}, protocol.CloseInvalidPayload},
		"distance too far":    {protocol.OpBinary, []byte{0x02, 0x13, 0x00, 0x00}, protocol.CloseInvalidPayload},
		"not UTF-8":           {protocol.OpText, packed("a\xffb"), protocol.CloseInvalidPayload},
		"cut UTF-8":           {protocol.OpText, packed("a\xe2\x82"), protocol.CloseInvalidPayload},
		"larger than allowed": {protocol.OpText, packed(strings.Repeat("a", 1<<20+1)), protocol.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			for _, streaming := range []bool{false, true} {
				onWires(t, func(t *testing.T, w wstest.Wire) {
					s := serve(echo, compressing(taking, streaming))
					p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
					p.raw(c.op, c.wire, 1<<20)
					for {
						if f, err := p.TryReadFrame(); err != nil || f.Opcode == protocol.OpClose {
							require.NoError(t, err)
							require.Equal(t, wstest.CloseFrame(c.code, "").Payload, f.Payload[:2], f.String())
							break
						}
					}
					p.hangUp()
					s.expectEnd(t, c.code, false)
				})
			}
		})
	}
}

// packed compresses without a context.
func packed(content string) []byte {
	return deflate.NewCompressor(deflate.Window{}, 9).Deflate(nil, []byte(content), true)
}

func TestInvalidCompressionSettings(t *testing.T) {
	set := compressing(deflate.Settings{Server: deflate.Window{Bits: 7}}, false)
	var logged bytes.Buffer
	set.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	s := serve(echo, set)
	server := wstest.NewServer(t, s)
	d := server.Dialer()
	_, resp, err := d.Dial(t.Context(), server.URL("/"))
	require.Error(t, err)
	require.Equal(t, 500, resp.StatusCode)
	require.Contains(t, logged.String(), "window bits are 8 to 15, not 7")

	d.Settings = set
	_, _, err = d.Dial(t.Context(), server.URL("/"))
	require.ErrorContains(t, err, "window bits are 8 to 15, not 7")
}
