package driver_test

import (
	"strings"
	"testing"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// A server gets messages, and echoes them.
func BenchmarkEcho(b *testing.B) {
	for name, size := range map[string]int{"100 B": 100, "64 KiB": 64 << 10} {
		b.Run(name, func(b *testing.B) {
			c := openServer(b, driver.Config{})
			wire := []byte(fromClient(whole(protocol.OpBinary), strings.Repeat("x", size)))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c.Receive(wire)
				for ev, ok := c.Next(); ok; ev, ok = c.Next() {
					_ = c.Binary(ev.Payload)
				}
				if len(c.Output()) < size {
					b.Fatal("no echo")
				}
			}
		})
	}
}
