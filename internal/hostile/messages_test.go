package hostile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// many is a text of n further fragments, of which none is the last.
func many(n int, payload string) []byte {
	b := of(begun)
	f := of(wstest.Frame{Payload: []byte(payload), More: true})
	for range n {
		b = append(b, f...)
	}
	return b
}

func TestRow32EmptyFragments(t *testing.T) {
	punish(t, setup{}, crime{name: "20000", bytes: many(20_000, ""), code: 1008})
	punish(t, setup{settings: upgrade.Settings{Streaming: true}, handler: devour}, crime{name: "20000, streaming", bytes: many(20_000, ""), code: 1008})
	// As many as there may be.
	everywhere(t, setup{}, func(_ *testing.T, s *site) {
		c := s.shake()
		c.Write(many(16_000, ""))
		c.WriteFrames(wstest.Frame{})
		c.ExpectText("frag")
		c.goodbye()
	})
}

func TestRow33TinyFragments(t *testing.T) {
	punish(t, setup{}, crime{name: "20000 of one byte", bytes: many(20_000, "x"), code: 1008})
}

// A million fragments of one byte each, and what they cost.
func TestRow33AMillionTinyFragments(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		c := s.shake()
		said := make(chan struct{})
		bytes := allocated(func() {
			go func() {
				defer close(said)
				c.say(string(of(begun)))
				piece := strings.Repeat(string(of(wstest.Frame{Payload: []byte("x"), More: true})), 1000)
				for range 1000 {
					if _, err := c.nc.Write([]byte(piece)); err != nil {
						return
					}
				}
			}()
			c.ExpectClose(protocol.ClosePolicyViolation)
		})
		c.ExpectEOF()
		c.Cut()
		<-said
		s.wantEnd(protocol.ClosePolicyViolation, false)
		s.wantSeen()
		t.Logf("cut with 1008 within 16384 fragments and a 32nd of the bytes; %d KiB allocated by both ends", bytes>>10)
		require.True(t, racing || bytes < 16<<20, bytes)
	})
}

func TestRow33FragmentThatIsNeverTheLast(t *testing.T) {
	slow := func(streaming bool) setup {
		return setup{settings: upgrade.Settings{Streaming: streaming, PingInterval: -1, MessageTimeout: time.Minute}, handler: devour, virtual: true}
	}
	for _, streaming := range []bool{false, true} {
		everywhere(t, slow(streaming), func(t *testing.T, s *site) {
			c := s.shake()
			start := time.Now()
			c.WriteFrames(begun)
			c.closed(protocol.ClosePolicyViolation)
			require.Equal(t, time.Minute, time.Since(start).Round(time.Second))
			s.wantEnd(protocol.ClosePolicyViolation, false)
			t.Logf("closed with 1008 after %v", time.Since(start))
		})
	}
	// In real time the deadline is short.
	everywhere(t, setup{settings: upgrade.Settings{MessageTimeout: 20 * time.Millisecond}}, func(_ *testing.T, s *site) {
		c := s.shake()
		c.WriteFrames(begun)
		c.closed(protocol.ClosePolicyViolation)
		s.wantEnd(protocol.ClosePolicyViolation, false)
	})
}

func TestRow37InvalidUTF8(t *testing.T) {
	var all []crime
	for name, text := range map[string]string{
		"FF": "a\xff", "a surrogate": "\xed\xa0\x80", "overlong, 2 bytes": "\xc0\xaf", "overlong, 3 bytes": "\xe0\x80\xaf", "overlong, 4 bytes": "\xf0\x80\x80\xaf",
		"above 10FFFF": "\xf4\x90\x80\x80", "five bytes": "\xf8\x88\x80\x80\x80", "a lone continuation byte": "\x80", "half a character": "abc\xe2\x82",
	} {
		all = append(all,
			crime{name: name, bytes: of(wstest.TextFrame(text)), code: 1007},
			crime{name: name + ", after a text", bytes: of(hello, wstest.TextFrame(text)), code: 1007, before: []string{"hello"}},
			crime{name: name + ", in fragments", code: 1007, bytes: of(
				wstest.Frame{Opcode: protocol.OpText, Payload: []byte(text[:1]), More: true}, wstest.Frame{Payload: []byte(text[1:])},
			)})
	}
	punish(t, setup{}, all...)
}

func TestRow38InvalidUTF8IsSeenAtOnce(t *testing.T) {
	first := func(text string) []byte {
		return of(wstest.Frame{Opcode: protocol.OpText, Payload: []byte(text), More: true})
	}
	punish(
		t, setup{},
		crime{name: "in the first fragment", bytes: first("a\xff"), code: 1007},
		crime{name: "a surrogate, as soon as it is one", bytes: first("\xed\xa0"), code: 1007},
		crime{name: "in a frame that is not all there", bytes: of(wstest.TextFrame("abc\xff" + strings.Repeat("x", 100)))[:20], code: 1007},
		crime{name: "in a long frame that is not all there", bytes: of(wstest.TextFrame("abc\xff" + strings.Repeat("x", 100_000)))[:2000], code: 1007},
	)
}

func TestRow39CharacterSplitOverFragments(t *testing.T) {
	const text = "Zoë 小林 👩🏽‍🚀"
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		c := s.shake()
		for _, size := range []int{1, 2, 3, 5} {
			rest := text
			for first := true; rest != ""; first = false {
				n := min(size, len(rest))
				f := wstest.Frame{Payload: []byte(rest[:n]), More: n < len(rest)}
				if first {
					f.Opcode = protocol.OpText
				}
				rest = rest[n:]
				c.WriteFrames(f)
			}
			c.ExpectText(text)
		}
		c.goodbye()
	})
}

// A session, and how its network cuts it: the same events, whatever comes of it.
func TestRow52SessionsDoNotDependOnTheNetwork(t *testing.T) {
	frames := of(
		hello, wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("one")}, begun, wstest.Frame{Payload: []byte("ment")},
		wstest.BinaryFrame(make([]byte, 300)), wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("unasked")},
		wstest.TextFrame(strings.Repeat("ü", 5000)), wstest.CloseFrame(1000, "bye"),
	)
	everywhere(t, setup{}, func(t *testing.T, s *site) {
		c := s.shake()
		c.Write(frames)
		var got []string
		for {
			f := c.ReadFrame()
			if f.Opcode == protocol.OpPong { // how many pings came together is the network's choice
				require.Equal(t, "one", string(f.Payload))
				continue
			}
			got = append(got, f.String())
			if f.Opcode == protocol.OpClose {
				break
			}
		}
		require.Equal(t, []string{
			hello.String(), wstest.TextFrame("fragment").String(), wstest.BinaryFrame(make([]byte, 300)).String(),
			wstest.TextFrame(strings.Repeat("ü", 5000)).String(), wstest.CloseFrame(1000, "bye").String(),
		}, got)
		c.ExpectEOF()
		c.Cut()
		s.wantSeen("hello", "fragment", string(make([]byte, 300)), strings.Repeat("ü", 5000))
		s.wantEnd(0, false)
	})
}

// Without I/O: every way to cut the session in two gives the same events.
func TestRow52ReaderGivesTheSameEventsForEveryCut(t *testing.T) {
	frames := of(hello, begun, wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("one")}, wstest.Frame{Payload: []byte("ment")}, wstest.CloseFrame(1000, "bye"))
	read := func(chunks ...[]byte) (events []string, text string) {
		r := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Server})
		var held []byte
		for _, chunk := range chunks {
			held = append(held, chunk...)
			for {
				ev, n, err := r.Next(held)
				if err != nil {
					break
				}
				if ev.Opcode.IsControl() {
					events = append(events, ev.Opcode.String()+" "+string(ev.Payload))
				} else if text += string(ev.Payload); ev.End {
					events = append(events, text)
					text = ""
				}
				held = held[n:]
			}
		}
		return events, text
	}
	want, _ := read(append([]byte(nil), frames...))
	require.Len(t, want, 4)
	for cut := range frames {
		b := append([]byte(nil), frames...)
		got, rest := read(b[:cut:cut], b[cut:])
		require.Equal(t, want, got, cut)
		require.Empty(t, rest)
	}
}

func TestRow51MaskKeysAreTheClients(t *testing.T) {
	everywhere(t, setup{}, func(_ *testing.T, s *site) {
		c := s.shake()
		c.Write(append([]byte{0x81, 0x85, 0, 0, 0, 0}, "hello"...)) // a key of zeros
		c.ExpectText("hello")
		for range 3 { // the same key again and again, as all of this package
			c.WriteFrames(hello)
			c.ExpectText("hello")
		}
		c.goodbye()
	})
}
