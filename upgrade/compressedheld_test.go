package upgrade_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

// A reader that gives up while the peer pauses amid a message leaves the rest to be drained, and the context whole.
func TestAReaderGivesUpAmidACompressedMessage(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				if m.IsStrict() {
					return m, nil
				}
				within, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
				defer cancel()
				_, err := m.Strict(within, 1<<20)
				if err == nil {
					return message.Text("whole"), nil
				}
				return message.Text("given up"), nil
			})
		}, compressing(taking, true))
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		for range 5 {
			first := p.Encode(nil, []byte(strings.Repeat("some words ", 9000)), false)
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpText, RSV: protocol.RSV1, Payload: first, More: true})
			p.expect("given up", false)
			rest := p.Encode(nil, []byte(strings.Repeat("other words ", 9000)), true)
			p.WriteFrames(wstest.Frame{Opcode: protocol.OpContinuation, Payload: rest})
			p.message(protocol.OpText, "other words some words", 1<<20)
			p.expect("other words some words", false)
		}
	})
}

// Messages that an asynchronous operator holds are read when their turn comes.
func TestCompressedMessagesAreHeld(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.TryMap(flow.Async(in), func(ctx context.Context, m message.Message) (message.Message, error) {
				time.Sleep(7 * time.Millisecond)
				m, err := m.Strict(ctx, 1<<20)
				return message.Text(hashOf(m.Bytes())), err
			})
		}, compressing(taking, true))
		p := pack(t, wstest.NewServer(t, s, w), "permessage-deflate", "permessage-deflate")
		contents, _ := forSlowly()
		pinged := make(chan int, 1)
		go func() { pinged <- p.sendWithPings(contents) }()
		for i, content := range contents {
			f := p.ReadFrame()
			for ; f.Opcode == protocol.OpPong; f = p.ReadFrame() {
			}
			got := f.Payload
			if f.RSV != 0 {
				var err error
				got, _, err = p.Decode(make([]byte, 0, 1000), got, true)
				require.NoError(t, err)
			}
			require.Equal(t, hashOf(content), string(got), "message %d of %d bytes", i, len(content))
		}
		<-pinged
	})
}
