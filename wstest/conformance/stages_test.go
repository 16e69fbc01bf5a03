package conformance_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// identity is a frame stage that does nothing.
func identity(_ *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
	return func(f upgrade.Frame) error { return up(f) }, func(f upgrade.Frame) error { return down(f) }
}

// fragmenting is a frame stage that cuts messages into small frames, in both directions.
func fragmenting(_ *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
	const most = 1000
	cut := func(pass upgrade.FrameFunc) upgrade.FrameFunc {
		return func(f upgrade.Frame) error {
			for !f.Opcode.IsControl() && len(f.Payload) > most {
				piece := f
				piece.Fin, piece.Payload = false, f.Payload[:most:most]
				if err := pass(piece); err != nil {
					return err
				}
				f.Opcode, f.RSV, f.Payload = 0, 0, f.Payload[most:]
			}
			return pass(f)
		}
	}
	return cut(up), cut(down)
}

// Frame stages that change nothing for the messages change nothing else either.
func TestOurServerPassesEveryCaseBelowStages(t *testing.T) {
	for _, c := range configurations() {
		if !slices.Contains([]string{
			"memory, streaming, compressed", "memory, byte by byte, strict", "TCP, strict", "TLS, streaming, compressed", "TLS, strict",
		}, c.name) {
			continue
		}
		c.in(t, func(t *testing.T) {
			ws := upgrade.Upgrader{Settings: upgrade.Settings{
				Streaming: c.streaming, MaxMessage: c.limit, Compression: c.compression, Logger: slog.New(slog.DiscardHandler),
				FrameStages: []upgrade.FrameStage{identity, fragmenting},
			}}
			s := wstest.NewServer(t, ws.Handler(echo), c.wire)
			server := conformance.Server{
				URL: s.URL("/"), Name: "our server below stages, " + c.name, Timeout: 10 * time.Second,
				Dial: func(context.Context) (net.Conn, error) { return s.RawDial(), nil },
			}
			if c.virtual() {
				server.Pause = time.Millisecond
			}
			check(t, server.Run(t.Context(), c.cases()))
		})
	}
}
