package protocol

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// An item is what a reader of the transcript of a connection sees: a control
// frame, or adjacent pieces of one message.
type item struct {
	typ       EventType
	op        Opcode
	rsv       uint8
	single    bool
	start     bool
	end       bool
	code      CloseCode
	payload   string
	closeText string
}

// transcript plays wire to a Reader in chunks of the given sizes (the last one is
// used for the rest, 0 means all at once) as a connection would: what was not
// consumed is presented again with the next chunk behind it.
func transcript(t testing.TB, cfg ReaderConfig, wire []byte, sizes ...int) ([]item, error) {
	t.Helper()
	var r Reader
	r.Init(cfg)
	var items []item
	var buf []byte
	wire = slices.Clone(wire)
	for first := true; first || len(wire) > 0; first = false {
		size := len(wire)
		if len(sizes) > 0 && sizes[0] > 0 {
			size = min(sizes[0], size)
		}
		if len(sizes) > 1 {
			sizes = sizes[1:]
		}
		buf = append(buf, wire[:size]...)
		wire = wire[size:]
		for {
			ev, n, err := r.Next(buf)
			require.LessOrEqual(t, n, len(buf))
			buf = buf[n:]
			if errors.Is(err, ErrShort) || errors.Is(err, ErrClosed) {
				break
			}
			if err != nil {
				require.Zero(t, n)
				return items, err
			}
			items = record(items, ev)
			if ev.Type == EventData {
				require.Equal(t, !ev.End, r.InMessage())
			}
		}
	}
	return items, nil
}

// record adds an event to items, the payload copied.
func record(items []item, ev Event) []item {
	if last := len(items) - 1; last >= 0 && ev.Type == EventData && !ev.Start && items[last].typ == EventData {
		items[last].payload += string(ev.Payload)
		items[last].end = ev.End
		return items
	}
	return append(items, item{
		typ: ev.Type, op: ev.Opcode, rsv: ev.RSV, single: ev.Single, start: ev.Start, end: ev.End,
		code: ev.Code, payload: string(ev.Payload), closeText: ev.Reason,
	})
}

// settled drops what is not decided at an error: how much of an open text came
// out before its first bad byte depends on the chunks.
func settled(items []item, err error) []item {
	var e *CloseError
	if errors.As(err, &e) && e.Code == CloseInvalidPayload && len(items) > 0 {
		if last := items[len(items)-1]; last.typ == EventData && !last.end {
			items = items[:len(items)-1]
		}
	}
	return append([]item{}, items...)
}

// frame returns the bytes of a frame from a client, masked, or from a server.
func frame(role Role, fin bool, op Opcode, payload string) []byte {
	h := FrameHeader{Fin: fin, Opcode: op, Length: int64(len(payload))}
	if role == Client {
		h.Masked, h.MaskKey = true, [4]byte{0x37, 0xfa, 0x21, 0x3d}
	}
	b := AppendFrameHeader(nil, h)
	p := []byte(payload)
	Mask(p, h.MaskKey, 0)
	return append(b, p...)
}

// sent returns frames of a client one after the other.
func sent(frames ...[]byte) []byte { return slices.Concat(frames...) }

func text(fin bool, payload string) []byte    { return frame(Client, fin, OpText, payload) }
func binary1(fin bool, payload string) []byte { return frame(Client, fin, OpBinary, payload) }
func more(fin bool, payload string) []byte    { return frame(Client, fin, OpContinuation, payload) }
func ping(payload string) []byte              { return frame(Client, true, OpPing, payload) }
func pong(payload string) []byte              { return frame(Client, true, OpPong, payload) }
func closing(payload string) []byte           { return frame(Client, true, OpClose, payload) }
func head(h FrameHeader) []byte               { h.Masked = true; return AppendFrameHeader(nil, h) }
func (i item) String() string                 { return fmt.Sprintf("%v %v %q end=%v", i.typ, i.op, i.payload, i.end) }

func message(op Opcode, payload string) item {
	return item{typ: EventData, op: op, single: true, start: true, end: true, payload: payload}
}

func fragmented(op Opcode, payload string) item {
	i := message(op, payload)
	i.single = false
	return i
}
