package hostile_test

import (
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A crime is what a peer sends and what it has to get for it.
type crime struct {
	name   string
	bytes  []byte
	code   protocol.CloseCode
	before []string // the messages that count
}

// punish sends crimes, each on a connection of its own, everywhere.
func punish(t *testing.T, o setup, crimes ...crime) {
	t.Helper()
	everywhere(t, o, func(t *testing.T, s *site) {
		playing := ""
		defer func() {
			if t.Failed() {
				t.Logf("the crime was: %s", playing)
			}
		}()
		for _, x := range crimes {
			playing = x.name
			fields := []string{}
			if o.settings.Compression != nil {
				fields = append(fields, "Sec-WebSocket-Extensions: permessage-deflate")
			}
			c := s.shake(fields...)
			c.Write(x.bytes)
			for _, text := range x.before {
				c.ExpectText(text)
			}
			c.closed(x.code)
			s.wantEnd(x.code, false)
			s.wantSeen(x.before...)
			s.seen = nil
		}
	})
}

// of encodes frames as a client does.
func of(frames ...wstest.Frame) []byte {
	var b []byte
	for _, f := range frames {
		b = f.Append(b, protocol.Client)
	}
	return b
}

// header is that of a masked frame whose length takes 0, 2 or 8 more bytes, without its payload.
func header(fin bool, op protocol.Opcode, length uint64, wide int) []byte {
	b := []byte{byte(op), 0x80}
	if fin {
		b[0] |= 0x80
	}
	switch wide {
	case 0:
		b[1] |= byte(length)
	case 2:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	case 8:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, length)
	}
	return append(b, 1, 2, 3, 4)
}

func join(all ...[]byte) (joined []byte) {
	for _, b := range all {
		joined = append(joined, b...)
	}
	return joined
}

var (
	begun = wstest.Frame{Opcode: protocol.OpText, Payload: []byte("frag"), More: true}
	hello = wstest.TextFrame("hello")
)

func TestRow21WrongMask(t *testing.T) {
	unmasked := func(f wstest.Frame) wstest.Frame { f.WrongMask = true; return f }
	punish(
		t, setup{},
		crime{name: "a text", bytes: of(unmasked(hello)), code: 1002},
		crime{name: "an empty text", bytes: of(unmasked(wstest.TextFrame(""))), code: 1002},
		crime{name: "a ping", bytes: of(hello, unmasked(wstest.Frame{Opcode: protocol.OpPing})), code: 1002, before: []string{"hello"}},
		crime{name: "a close", bytes: of(unmasked(wstest.CloseFrame(1000, ""))), code: 1002},
		crime{name: "a continuation", bytes: of(begun, unmasked(wstest.Frame{Payload: []byte("x")})), code: 1002},
		crime{name: "a header", bytes: of(unmasked(wstest.BinaryFrame(make([]byte, 126))))[:2], code: 1002},
	)
}

// The client's side: a server that masks. See the conformance suite for more.
func TestRow21MaskedFrameOfAServer(t *testing.T) {
	toClient(t, func(f *far) {
		f.peer.WriteFrames(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("x"), WrongMask: true})
		f.peer.ExpectClose(protocol.CloseProtocolError)
		f.wantEnd(protocol.CloseProtocolError)
	})
}

func TestRow22ReservedBits(t *testing.T) {
	rsv := func(f wstest.Frame, bits uint8) wstest.Frame { f.RSV = bits; return f }
	var all []crime
	for _, bits := range []uint8{protocol.RSV1, protocol.RSV2, protocol.RSV3, 7} {
		all = append(all,
			crime{name: "a text", bytes: of(hello, rsv(hello, bits)), code: 1002, before: []string{"hello"}},
			crime{name: "a ping", bytes: of(rsv(wstest.Frame{Opcode: protocol.OpPing}, bits)), code: 1002},
			crime{name: "a close", bytes: of(rsv(wstest.CloseFrame(1000, ""), bits)), code: 1002},
			crime{name: "a continuation", bytes: of(begun, rsv(wstest.Frame{Payload: []byte("x")}, bits)), code: 1002})
	}
	punish(t, setup{}, all...)
	// With deflate, RSV1 is for the first frame of a message alone.
	all = all[1:] // of RSV1
	punish(t, setup{settings: upgrade.Settings{Compression: &deflate.Settings{}}}, all...)
}

func TestRow23ReservedOpcodes(t *testing.T) {
	var all []crime
	for op := protocol.Opcode(3); op < 16; op++ {
		if op >= 8 && op <= 10 {
			continue
		}
		all = append(all,
			crime{name: op.String(), bytes: of(hello, wstest.Frame{Opcode: op}), code: 1002, before: []string{"hello"}},
			crime{name: op.String() + ", only the header", bytes: of(wstest.Frame{Opcode: op, Payload: make([]byte, 200)})[:2], code: 1002},
			crime{name: op.String() + " inside a message", bytes: of(begun, wstest.Frame{Opcode: op, Payload: []byte("x")}), code: 1002})
	}
	punish(t, setup{}, all...)
}

func TestRow24ControlFramesThatAreFragmentedOrLong(t *testing.T) {
	var all []crime
	for _, op := range []protocol.Opcode{protocol.OpPing, protocol.OpPong, protocol.OpClose} {
		all = append(all,
			crime{name: "without FIN", bytes: header(false, op, 10, 0), code: 1002},
			crime{name: "of 126 bytes", bytes: header(true, op, 126, 2), code: 1002},
			crime{name: "of 65536 bytes", bytes: header(true, op, 65536, 8), code: 1002},
			crime{name: "without FIN, two bytes of it", bytes: header(false, op, 10, 0)[:2], code: 1002})
	}
	punish(t, setup{}, all...)
}

func TestRow25StrayContinuationAndNewMessageInside(t *testing.T) {
	punish(
		t, setup{},
		crime{name: "a continuation", bytes: of(wstest.Frame{Payload: []byte("x")}), code: 1002},
		crime{name: "an empty one", bytes: of(hello, wstest.Frame{}), code: 1002, before: []string{"hello"}},
		crime{name: "one that is not the last", bytes: of(wstest.Frame{Payload: []byte("x"), More: true}), code: 1002},
		crime{name: "a text inside", bytes: of(begun, hello), code: 1002},
		crime{name: "a binary inside", bytes: of(begun, wstest.BinaryFrame(nil)), code: 1002},
		crime{name: "the header of a text inside", bytes: of(begun, hello)[:len(of(begun))+2], code: 1002},
	)
}

func TestRow26PingBetweenFragments(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		c := s.shake()
		var frames []wstest.Frame
		for i, part := range []string{"fr", "", "ag", "ment"} {
			f := wstest.Frame{Payload: []byte(part), More: i < 3}
			if i == 0 {
				f.Opcode = protocol.OpText
			}
			frames = append(frames, f)
			if i < 3 {
				frames = append(frames, wstest.Frame{Opcode: protocol.OpPing, Payload: []byte{byte('0' + i)}})
			}
		}
		for i, f := range frames { // one at a time, or pings would be answered together
			c.WriteFrames(f)
			if i%2 == 1 {
				c.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: f.Payload})
			}
		}
		c.ExpectText("fragment")
		c.goodbye()
		s.wantSeen("fragment", "still there?")
	})
}

// RFC 6455, 5.2: "the minimal number of bytes MUST be used to encode the length".
func TestRow27LengthThatIsNotMinimal(t *testing.T) {
	var all []crime
	for _, l := range []struct {
		length uint64
		wide   int
	}{{0, 2}, {125, 2}, {0, 8}, {125, 8}, {126, 8}, {65535, 8}} {
		all = append(all, crime{name: "binary", bytes: header(true, protocol.OpBinary, l.length, l.wide), code: 1002})
	}
	all = append(all, crime{name: "ping", bytes: header(true, protocol.OpPing, 5, 2), code: 1002})
	punish(t, setup{}, all...)
}

func TestRow28LengthThatNobodyHas(t *testing.T) {
	all := []crime{
		{name: "2⁶³−1", bytes: header(true, protocol.OpBinary, math.MaxInt64, 8), code: 1009},
		{name: "2⁶³−1, and some of them", bytes: append(header(true, protocol.OpText, math.MaxInt64, 8), "some"...), code: 1009},
		{name: "2⁴⁰", bytes: header(false, protocol.OpBinary, 1<<40, 8), code: 1009},
	}
	punish(t, setup{}, all...)
	punish(t, setup{settings: upgrade.Settings{Streaming: true}}, all[:1]...)
}

// What is announced costs nothing, even where the limit allows it.
func TestRow28CostsNoMemory(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		everywhere(t, setup{settings: upgrade.Settings{MaxMessage: math.MaxInt64, Streaming: streaming}}, func(t *testing.T, s *site) {
			c := s.shake()
			bytes := allocated(func() {
				c.Write(append(header(true, protocol.OpBinary, 1<<62, 8), "some"...))
				c.Cut()
				require.Error(t, s.nextEnd().err)
			})
			t.Logf("2⁶² bytes announced, 4 sent: %d bytes allocated", bytes)
			require.Less(t, bytes, uint64(1<<20))
		})
	}
}

// allocated returns how many bytes the whole program allocates meanwhile.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestRow29TopBitOfTheLength(t *testing.T) {
	punish(
		t, setup{},
		crime{name: "alone", bytes: header(true, protocol.OpBinary, 1<<63, 8), code: 1002},
		crime{name: "with all others", bytes: header(true, protocol.OpBinary, math.MaxUint64, 8), code: 1002},
	)
}

func TestRow30LengthsThatOverflowTogether(t *testing.T) {
	b := join(of(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("x"), More: true}), header(true, protocol.OpContinuation, math.MaxInt64, 8))
	punish(t, setup{}, crime{name: "the default limit", bytes: b, code: 1009})
	punish(t, setup{settings: upgrade.Settings{MaxMessage: math.MaxInt64}}, crime{name: "no limit worth the name", bytes: b, code: 1009})
	punish(t, setup{settings: upgrade.Settings{MaxMessage: math.MaxInt64, Streaming: true}, handler: devour}, crime{name: "streaming", bytes: b, code: 1009})
}

func TestRow31LimitOfAMessage(t *testing.T) {
	const limit = 1000
	limited := setup{settings: upgrade.Settings{MaxMessage: limit}}
	whole := strings.Repeat("x", limit)
	everywhere(t, limited, func(t *testing.T, s *site) {
		c := s.shake()
		c.WriteText(whole)
		c.ExpectText(whole)
		c.WriteFrames(wstest.Frame{Opcode: protocol.OpText, Payload: []byte(whole[1:]), More: true}, wstest.Frame{Payload: []byte("x"), More: true}, wstest.Frame{})
		c.ExpectText(whole)
		c.goodbye()
	})
	punish(
		t, limited,
		crime{name: "a byte more", bytes: header(true, protocol.OpText, limit+1, 2), code: 1009},
		crime{name: "a byte more, in fragments", code: 1009, bytes: join(
			of(wstest.Frame{Opcode: protocol.OpText, Payload: []byte(whole), More: true}), header(true, protocol.OpContinuation, 1, 0),
		)},
	)
}
