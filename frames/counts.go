package frames

import (
	"sync/atomic"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// Counts are numbers of frames and of the bytes of their payloads, by direction and opcode, for all connections that its
// Stage is for. The zero value is ready.
type Counts struct {
	frames, bytes [2][16]atomic.Uint64
}

// Stage is an [upgrade.FrameStage].
func (c *Counts) Stage(_ *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
	count := func(d Direction, pass upgrade.FrameFunc) upgrade.FrameFunc {
		return func(f upgrade.Frame) error {
			c.frames[d][f.Opcode&15].Add(1)
			c.bytes[d][f.Opcode&15].Add(uint64(len(f.Payload)))
			return pass(f)
		}
	}
	return count(In, up), count(Out, down)
}

// Frames returns how many frames with this opcode have come by.
func (c *Counts) Frames(d Direction, op protocol.Opcode) uint64 { return c.frames[d&1][op&15].Load() }

// Bytes returns how many bytes of payload they had.
func (c *Counts) Bytes(d Direction, op protocol.Opcode) uint64 { return c.bytes[d&1][op&15].Load() }
