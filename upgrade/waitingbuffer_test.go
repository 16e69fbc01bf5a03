package upgrade_test

import (
	"context"
	"net"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/wstest"
)

func TestACompressedMessageThatPausesHoldsNoBuffer(t *testing.T) {
	const conns = 100
	for name, handle := range map[string]func(*sync.WaitGroup) handler{
		"read": func(got *sync.WaitGroup) handler {
			return func(in source) source {
				return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
					return m, m.Chunks().Run(ctx, func([]byte) error { got.Done(); return nil })
				})
			}
		},
		"strict": func(*sync.WaitGroup) handler { return echo },
		"drained": func(got *sync.WaitGroup) handler {
			return func(in source) source {
				return flow.Map(in, func(m message.Message) message.Message { got.Done(); return message.Text("") })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got sync.WaitGroup
			if name != "strict" {
				got.Add(conns)
			}
			s := serve(handle(&got), compressing(deflate.Settings{}, name != "strict"))
			srv := wstest.NewServer(t, s, wstest.Wire{TCP: true})
			wire := deflate.NewCompressor(deflate.Window{}, 9).Deflate(nil, []byte("abc"), false)
			idle := make([]net.Conn, 0, conns)
			offers := []protocol.Extension{{Name: deflate.Name}}
			for range conns {
				idle = append(idle, srv.Peer("/", protocol.ClientHandshake{Extensions: offers}).Conn())
			}
			_ = liveHeap()
			before := liveHeap()
			for _, nc := range idle {
				wstest.NewPeer(t, nc, protocol.Client, nil).WriteFrames(wstest.Frame{
					Opcode: protocol.OpBinary, RSV: protocol.RSV1, Payload: wire, More: true,
				})
			}
			got.Wait()
			for _, nc := range idle { // the pong comes once the reader is about to wait
				p := wstest.NewPeer(t, nc, protocol.Client, nil)
				p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing})
				for p.ReadFrame().Opcode != protocol.OpPong {
				}
			}
			_ = liveHeap() // empties the pools
			grown := (liveHeap() - before) / conns
			t.Logf("%d bytes for each connection whose message pauses", grown)
			require.Less(t, grown, int64(40<<10))
			runtime.KeepAlive(idle)
		})
	}
}
