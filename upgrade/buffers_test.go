package upgrade_test

import (
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

func TestIdleConnectionHoldsNoBufferOfALargeBurst(t *testing.T) {
	const conns = 100
	for _, test := range []struct {
		wire wstest.Wire
		most int64
	}{
		{wstest.Wire{TCP: true}, 16 << 10},
		{wstest.Wire{TCP: true, TLS: true}, 48 << 10}, // crypto/tls keeps room for a record at both ends
	} {
		t.Run(test.wire.String(), func(t *testing.T) {
			var busy sync.WaitGroup
			busy.Add(conns)
			s := serve(func(in source) source {
				return flow.Map(in, func(m message.Message) message.Message {
					busy.Done()
					busy.Wait() // each has a buffer of its own now
					return m
				})
			}, quiet)
			srv := wstest.NewServer(t, s, test.wire)
			var idle [conns]net.Conn // without what a peer keeps for itself
			for i := range idle {
				p := connect(t, srv, "/")
				p.frame(protocol.OpPing, "", true)
				p.expectPong("")
				idle[i] = p.Conn()
			}
			_ = liveHeap()
			before := liveHeap()
			for _, nc := range idle {
				p := wstest.NewPeer(t, nc, protocol.Client, nil)
				p.WriteText(strings.Repeat("x", 15_000))
			}
			for _, nc := range idle {
				p := wstest.NewPeer(t, nc, protocol.Client, nil)
				p.ExpectText(strings.Repeat("x", 15_000))
				p.WriteFrames(wstest.Frame{Opcode: protocol.OpPing})
				p.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong})
			}
			_ = liveHeap() // empties the pools
			grown := (liveHeap() - before) / conns
			t.Logf("%d bytes for each idle connection more than before", grown)
			require.Less(t, grown, test.most)
			runtime.KeepAlive(idle)
		})
	}
}

func TestAConnectionThatHasEndedGivesItsBufferBack(t *testing.T) {
	const conns = 300
	s := serve(echo, quiet)
	srv := wstest.NewServer(t, s, wstest.Wire{TCP: true})
	converse := func() {
		p := connect(t, srv, "/")
		p.text("hello")
		p.expectText("hello")
		p.close(protocol.CloseNormal, "")
		p.expectClose(protocol.CloseNormal, "")
		s.expectEnd(t, 0, false)
		p.hangUp()
	}
	converse()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range conns {
		converse()
	}
	runtime.ReadMemStats(&after)
	each := (after.TotalAlloc - before.TotalAlloc) / conns
	t.Logf("%d bytes for each connection, from its beginning to its end, at both ends", each)
	if !underRace {
		require.Less(t, each, uint64(48<<10), "a buffer has 64 KiB")
	}
}
