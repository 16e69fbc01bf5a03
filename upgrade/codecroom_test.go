package upgrade_test

import (
	"context"
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

// A blockwise codec gives blocks whole, for which it wants so much room.
type blockwise struct {
	faulty
	block int
	held  []byte
}

func (b *blockwise) Accept(o []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	return o[0], &blockwise{block: b.block}, true
}

func (b *blockwise) Decode(dst, src []byte, end bool) ([]byte, int, error) {
	n := len(src)
	b.held = append(b.held, src...)
	for len(b.held) >= b.block || end && len(b.held) > 0 {
		if cap(dst)-len(dst) < b.block {
			return dst, n, protocol.ErrFull
		}
		k := min(b.block, len(b.held))
		dst = append(dst, b.held[:k]...)
		b.held = b.held[k:]
	}
	return dst, n, nil
}

func TestACodecMayWantMoreRoomThanIsLeft(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		for _, length := range []int{1, 30_000, 64 << 10, 64<<10 + 1, 200_001} {
			synctest.Test(t, func(t *testing.T) {
				set := quiet
				set.Streaming = streaming
				set.Extensions = []protocol.Negotiator{&blockwise{block: 1000}}
				s := serve(func(in source) source {
					return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
						m, err := m.Strict(ctx, 1<<20)
						return message.Text(hashOf(m.Bytes())), err
					})
				}, set)
				p := wstest.NewServer(t, s).Peer("/", protocol.ClientHandshake{Extensions: new(faulty).Offers()})
				content := strings.Repeat("abcdefg", length/7+1)[:length]
				p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte(content)})
				require.Equal(t, hashOf([]byte(content)), string(p.ReadFrame().Payload))
			})
		}
	}
}

func TestACodecThatNeverHasRoomEndsItsConnection(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, p := faultyServer(t, func(in source) source {
				return flow.Map(in, func(message.Message) message.Message { return message.Text("ok") })
			}, &faulty{"Decode", func() error { return protocol.ErrFull }}, func(s *upgrade.Settings) { s.Streaming = streaming })
			begun := time.Now()
			p.WriteFrames(
				wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV2, Payload: []byte("a"), More: true},
				wstest.Frame{Opcode: protocol.OpContinuation, Payload: []byte("b")},
			)
			expectFailure(t, s, p, begun)
		})
	}
}

// Whether a message that is read too late was drained does not depend on its length or on how it came.
func TestACompressedMessageReadTooLateWasDrained(t *testing.T) {
	for _, length := range []int{64<<10 + 1, 64<<10 + 2, 100_000, 300_000} {
		onWires(t, func(t *testing.T, w wstest.Wire) {
			var first message.Message
			s := serve(func(in source) source {
				return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
					if !m.IsStrict() {
						first = m
						return message.Text("later"), nil
					}
					_, err := first.Strict(ctx, 1<<20)
					require.ErrorIs(t, err, upgrade.ErrDrained)
					return message.Text("drained"), nil
				})
			}, compressing(taking, true))
			p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
			p.message(protocol.OpBinary, strings.Repeat("x", length), 1<<20)
			p.expect("later", false)
			p.message(protocol.OpBinary, "now", 1<<20)
			p.expect("drained", false)
		})
	}
}
