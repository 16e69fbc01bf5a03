package upgrade_test

import (
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// plenty is a rate that nobody reaches.
var plenty = upgrade.Rate{N: 1 << 50, Per: time.Second}

// BenchmarkEcho sends batches of messages over loopback TCP through a handler with one Map, and waits for the
// replies; both ends are in the figures.
func BenchmarkEcho(b *testing.B) {
	for _, bm := range []struct {
		name        string
		size, batch int
		settings    upgrade.Settings
	}{
		{"125B-1", 125, 1, upgrade.Settings{}},
		{"125B-16", 125, 16, upgrade.Settings{}},
		{"125B-16-statistics", 125, 16, upgrade.Settings{Statistics: true}},
		{"125B-16-rates", 125, 16, upgrade.Settings{MessageRate: plenty, ControlRate: plenty, ByteRate: plenty}},
		{"16KiB-1", 16 << 10, 1, upgrade.Settings{}},
		{"16KiB-16", 16 << 10, 16, upgrade.Settings{}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			ws := upgrade.Upgrader{Settings: bm.settings}
			server := httptest.NewServer(ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.Map(in, func(m message.Message) message.Message { return m })
			}))
			defer server.Close()
			nc, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
			if err != nil {
				b.Fatal(err)
			}
			defer nc.Close()
			ask := protocol.ClientHandshake{Host: "localhost", Key: protocol.NewKey()}
			head, _ := ask.AppendRequest(nil)
			_, _ = nc.Write(head)
			buf := make([]byte, 64<<10)
			if _, err := nc.Read(buf); err != nil {
				b.Fatal(err)
			}
			var batch []byte
			w := protocol.NewWriter(protocol.Client, nil)
			for range bm.batch {
				batch, _ = w.AppendMessage(batch, protocol.OpText, []byte(strings.Repeat("x", bm.size)))
			}
			replies := protocol.AppendFrameHeader(nil, protocol.FrameHeader{Fin: true, Length: int64(bm.size)})
			want := (len(replies) + bm.size) * bm.batch
			big := make([]byte, want)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = nc.Write(batch)
				if _, err := io.ReadFull(nc, big); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bm.batch), "ns/message")
		})
	}
}
