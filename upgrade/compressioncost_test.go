package upgrade_test

import (
	"context"
	"runtime"
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

func TestABombCostsNoMoreThanTheLimit(t *testing.T) { // hostile input 34
	bomb := packed(string(make([]byte, 60<<20)))
	for _, cut := range []int{1 << 20, 1000} {
		s := serve(echo, compressing(deflate.Settings{}, false))
		server := wstest.NewServer(t, s)
		p := pack(t, server, "permessage-deflate", "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		go func() { // the server may close before all of it is sent
			rest := bomb
			for op := protocol.OpBinary; len(rest) > 0; op = protocol.OpContinuation {
				n := min(cut, len(rest))
				f := protocol.FrameHeader{Fin: n == len(rest), Opcode: op, Masked: true, Length: int64(n)}
				if op == protocol.OpBinary {
					f.RSV = protocol.RSV1
				}
				wire := append(protocol.AppendFrameHeader(nil, f), rest[:n]...)
				if _, err := p.Conn().Write(wire); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		reason := p.ExpectClose(protocol.CloseMessageTooBig)
		require.Contains(t, reason, "message exceeds 1048576 bytes")
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("%d bytes on the wire, in frames of %d, would be 60 MiB: %d KiB allocated in all until the close", len(bomb), cut, allocated>>10)
		require.Less(t, allocated, uint64(4<<20))
		p.hangUp()
		s.expectEnd(t, protocol.CloseMessageTooBig, false)
	}
}

func TestAnIdleConnectionLetsGoOfWhatCompressingNeeds(t *testing.T) {
	set := compressing(taking, false)
	set.PingInterval = 30 * time.Second
	const connections = 50
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewServer(t, serve(echo, set))
		d := server.Dialer()
		d.Settings = set
		var conns []*upgrade.Conn
		for range connections {
			c, _, err := d.Dial(t.Context(), server.URL("/"))
			require.NoError(t, err)
			conns = append(conns, c)
			go func() {
				_ = c.Run(context.WithoutCancel(t.Context()), flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Never[message.Message]()))
			}()
			require.NoError(t, c.Send(t.Context(), message.Text(strings.Repeat("words ", 100))))
		}
		synctest.Wait()
		busy := heap()
		time.Sleep(2 * time.Minute) // virtual
		synctest.Wait()
		idle := heap()
		t.Logf("%d KiB a pair of ends with context takeover after a message, %d KiB less when it is idle",
			busy/connections>>10, (busy-idle)/connections>>10)
		require.Less(t, idle, busy/2)
		for _, c := range conns { // and it goes on where it was
			require.NoError(t, c.Send(t.Context(), message.Text(strings.Repeat("words ", 100))))
			require.NoError(t, c.Close(protocol.CloseNormal, ""))
		}
	})
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
