package upgrade_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/wsflow/wsflow/upgrade"
)

// BenchmarkHandshake connects over loopback TCP, upgrades, and closes, with both servers; the client is in the
// figures, and is the least one that can be: it writes a request and a close frame, and reads until the end.
func BenchmarkHandshake(b *testing.B) {
	for _, bm := range []struct {
		name  string
		serve func(h http.Handler, l net.Listener) (stop func() error)
	}{
		{"net/http", func(h http.Handler, l net.Listener) func() error {
			s := &http.Server{Handler: h}
			go func() { _ = s.Serve(l) }()
			return s.Close
		}},
		{"raw", func(h http.Handler, l net.Listener) func() error {
			s := &upgrade.Server{Handler: h}
			go func() { _ = s.Serve(l) }()
			return s.Close
		}},
	} {
		b.Run(bm.name, func(b *testing.B) {
			var ws upgrade.Upgrader
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			stop := bm.serve(ws.Handler(echo), l)
			defer func() { _ = stop() }()
			request := []byte(opening("/"))
			goodbye := []byte("\x88\x82\x00\x00\x00\x00\x03\xe8")
			buf := make([]byte, 4096)
			b.ReportAllocs()
			for b.Loop() {
				nc, err := net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
				if err != nil {
					b.Fatal(err)
				}
				_ = nc.SetLinger(0) // no port waits
				_, _ = nc.Write(request)
				if n, err := nc.Read(buf); err != nil || string(buf[:12]) != "HTTP/1.1 101" {
					b.Fatalf("%q, %v", buf[:n], err)
				}
				_, _ = nc.Write(goodbye)
				for {
					if _, err := nc.Read(buf); err != nil {
						break
					}
				}
				_ = nc.Close()
			}
		})
	}
}
