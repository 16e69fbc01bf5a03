package frames

import (
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// HidePings drops the pings of the peer: nobody above sees or answers them. It goes above [AutoPong], or
// the peer gets no pongs.
func HidePings() upgrade.FrameStage { return hide(protocol.OpPing) }

// HidePingPongs drops the pings and the pongs of the peer. It goes above [AutoPong] and [AutoPing]. The keep-alive of the
// connection, which is above all stages, sees no pongs then, and takes the peer for gone: set PingInterval to -1 along with
// it.
func HidePingPongs() upgrade.FrameStage { return hide(protocol.OpPing, protocol.OpPong) }

func hide(opcodes ...protocol.Opcode) upgrade.FrameStage {
	return func(_ *upgrade.Conn, up, _ upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		return func(f upgrade.Frame) error {
			for _, op := range opcodes {
				if f.Opcode == op {
					return nil
				}
			}
			return up(f)
		}, nil
	}
}

// AutoPong answers the pings of the peer, which nobody above it sees. reply makes the payload of the pong from that of the
// ping, up to 125 bytes; nil is the same payload, as RFC 6455, 5.5.3, asks for. reply may be called for many connections at
// a time. Without this stage the connection answers pings by itself, before a frame handler sees them.
func AutoPong(reply func(ping []byte) []byte) upgrade.FrameStage {
	return func(_ *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		return func(f upgrade.Frame) error {
			if f.Opcode != protocol.OpPing {
				return up(f)
			}
			payload := f.Payload
			if reply != nil {
				payload = reply(payload)
			}
			return down(upgrade.Frame{Fin: true, Opcode: protocol.OpPong, Payload: payload})
		}, nil
	}
}

// OnPing shows the payload of each ping of the peer to f, and passes the ping on to whoever answers it. f copies what it keeps.
func OnPing(f func(c *upgrade.Conn, payload []byte)) upgrade.FrameStage {
	return func(c *upgrade.Conn, up, _ upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
		return func(frame upgrade.Frame) error {
			if frame.Opcode == protocol.OpPing {
				f(c, frame.Payload)
			}
			return up(frame)
		}, nil
	}
}
