package protocol

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// violations are sessions of a client with an error at their end, which has to be
// found in the last byte given, or before.
var violations = []struct {
	name string
	wire []byte
	code CloseCode
	what string
}{
	{"RSV1 without extension", []byte{0xc1, 0x80}, CloseProtocolError, "RSV"},
	{"RSV2 without extension", []byte{0xa1, 0x80}, CloseProtocolError, "RSV"},
	{"RSV3 without extension", []byte{0x91, 0x80}, CloseProtocolError, "RSV"},
	{"opcode 3", []byte{0x83, 0x80}, CloseProtocolError, "opcode 3 is reserved"},
	{"opcode 7", []byte{0x87, 0x80}, CloseProtocolError, "opcode 7 is reserved"},
	{"opcode 11", []byte{0x8b, 0x80}, CloseProtocolError, "opcode 11 is reserved"},
	{"opcode 15", []byte{0x8f, 0x80}, CloseProtocolError, "opcode 15 is reserved"},
	{"client does not mask", []byte{0x81, 0x05}, CloseProtocolError, "not masked"},
	{"client does not mask an empty frame", []byte{0x82, 0x00}, CloseProtocolError, "not masked"},
	{"client does not mask a ping", []byte{0x89, 0x00}, CloseProtocolError, "not masked"},
	{"fragmented ping", []byte{0x09, 0x80}, CloseProtocolError, "fragmented"},
	{"fragmented close", []byte{0x08, 0x80}, CloseProtocolError, "fragmented"},
	{"ping of 126 bytes, two bytes of it", []byte{0x89, 0xfe}, CloseProtocolError, "125"},
	{"pong of 64 bits, two bytes of it", []byte{0x8a, 0xff}, CloseProtocolError, "125"},
	{"close of 126 bytes, two bytes of it", []byte{0x88, 0xfe}, CloseProtocolError, "125"},
	{"stray continuation", []byte{0x80, 0x80}, CloseProtocolError, "continuation"},
	{"continuation after a whole message", sent(text(true, "a"), []byte{0x80, 0x81}), CloseProtocolError, "continuation"},
	{"continuation after the last fragment", sent(text(false, "a"), more(true, "b"), []byte{0x00, 0x81}), CloseProtocolError, "continuation"},
	{"text inside a message", sent(text(false, "a"), []byte{0x81, 0x81}), CloseProtocolError, "inside"},
	{"binary inside a message, after a ping", sent(text(false, "a"), ping(""), []byte{0x02, 0x81}), CloseProtocolError, "inside"},
	{"length not minimal", []byte{0x82, 0xfe, 0x00, 0x05}, CloseProtocolError, "minimal"},
	{"length with its top bit", []byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, CloseProtocolError, "most significant"},
	{"close of one byte", closing("\x03"), CloseProtocolError, "one byte"},
	{"close 1005", closing("\x03\xed"), CloseProtocolError, "1005"},
	{"close 5700", closing("\x16\x44"), CloseProtocolError, "5700"},
	{"close reason not UTF-8", closing("\x03\xe8\xff"), CloseInvalidPayload, "UTF-8"},
	{"text of FF", text(true, "\xff"), CloseInvalidPayload, "UTF-8"},
	{"text with a surrogate, no end in sight", text(false, "abc\xed\xa0"), CloseInvalidPayload, "UTF-8"},
	{"text overlong", text(false, "\xc0"), CloseInvalidPayload, "UTF-8"},
	{"text beyond U+10FFFF in two fragments", sent(text(false, "\xf4"), more(false, "\x90")), CloseInvalidPayload, "UTF-8"},
	{"text ends inside a character", text(true, "\xe2\x82"), CloseInvalidPayload, "ends inside"},
	{"text ends with an empty fragment inside a character", sent(text(false, "\xe2\x82"), more(true, "")), CloseInvalidPayload, "ends inside"},
	{"a byte above the default limit", head(FrameHeader{Fin: true, Opcode: OpBinary, Length: DefaultMaxMessage + 1}), CloseMessageTooBig, "message exceeds 1048576 bytes"},
	{"2^63-1 bytes", head(FrameHeader{Fin: true, Opcode: OpBinary, Length: math.MaxInt64}), CloseMessageTooBig, "1048576"},
	{"one byte and then 2^63-1", sent(binary1(false, "a"), head(FrameHeader{Length: math.MaxInt64})), CloseMessageTooBig, "1048576"},
}

func TestReaderRefusesViolations(t *testing.T) {
	for _, c := range violations {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{0, 1, 3} {
				_, err := transcript(t, ReaderConfig{}, c.wire, size)
				requireViolation(t, err, c.code, c.what)
			}
			// The last byte is needed: nothing is refused too early.
			_, err := transcript(t, ReaderConfig{}, c.wire[:len(c.wire)-1], 1)
			if c.code != CloseMessageTooBig {
				require.NoError(t, err)
			}
		})
	}
}

func TestViolationIsSticky(t *testing.T) {
	for _, c := range violations {
		var r Reader
		var first error
		for b := append([]byte{}, c.wire...); first == nil; {
			var n int
			_, n, first = r.Next(b)
			b = b[n:]
		}
		ev, n, err := r.Next(text(true, "fine"))
		require.Same(t, first, err, c.name)
		require.Zero(t, n)
		require.Zero(t, ev)
	}
}

func TestServerFramesAreNotMasked(t *testing.T) { // RFC 6455, 5.1
	for name, b := range map[string][]byte{"text": {0x81, 0x85}, "empty": {0x82, 0x80}, "ping": {0x89, 0x80}} {
		t.Run(name, func(t *testing.T) {
			_, err := transcript(t, ReaderConfig{Role: Client}, b)
			requireViolation(t, err, CloseProtocolError, "masked")
		})
	}
}

func TestRSVBitsBelongToExtensionsOnTheFirstFrame(t *testing.T) { // RFC 6455, 5.2; RFC 7692, 6.1
	cfg := ReaderConfig{RSV: RSV1}
	for name, c := range map[string]struct {
		wire []byte
		what string
	}{
		"ping":                {[]byte{0xc9, 0x80}, "control"},
		"continuation":        {sent(head(FrameHeader{RSV: RSV1, Opcode: OpText}), []byte{0xc0, 0x80}), "continuation"},
		"bit of no extension": {[]byte{0xe1, 0x80}, "without an extension"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transcript(t, cfg, c.wire, 1)
			requireViolation(t, err, CloseProtocolError, c.what)
		})
	}
	t.Run("first frame", func(t *testing.T) {
		wire := sent(head(FrameHeader{RSV: RSV1, Opcode: OpText}), more(true, ""), text(true, "plain"))
		got, err := transcript(t, cfg, wire, 1)
		require.NoError(t, err)
		compressed := fragmented(OpText, "")
		compressed.rsv = RSV1
		require.Equal(t, []item{compressed, message(OpText, "plain")}, got)
	})
}

func TestEncodedTextIsNotCheckedHere(t *testing.T) { // RFC 7692, 6.2
	for _, bit := range []uint8{RSV1, RSV2, RSV3} {
		encoded := text(true, "\xff\xfe")
		encoded[0] |= bit << 4
		_, err := transcript(t, ReaderConfig{RSV: bit}, encoded, 1)
		require.NoError(t, err)
		plain := text(true, "\xff\xfe")
		_, err = transcript(t, ReaderConfig{RSV: bit}, plain, 1)
		requireViolation(t, err, CloseInvalidPayload, "UTF-8")
	}
}

func TestEncodedMessagesMayBeALittleLongerThanTheLimit(t *testing.T) {
	cfg := ReaderConfig{RSV: RSV1, MaxMessage: 6400}
	for _, c := range []struct {
		rsv    uint8
		length int64
		passes bool
	}{
		{0, 6400, true}, {0, 6401, false}, {RSV1, 6400 + 100 + 1024, true}, {RSV1, 6400 + 100 + 1024 + 1, false},
	} {
		_, err := transcript(t, cfg, head(FrameHeader{Fin: true, RSV: c.rsv, Opcode: OpBinary, Length: c.length}), 1)
		if c.passes {
			require.NoError(t, err)
		} else {
			requireViolation(t, err, CloseMessageTooBig, "message exceeds 6400 bytes")
		}
	}
	_, err := transcript(t, ReaderConfig{RSV: RSV1, MaxMessage: math.MaxInt64},
		head(FrameHeader{Fin: true, RSV: RSV1, Opcode: OpBinary, Length: math.MaxInt64}), 1)
	require.NoError(t, err)
}

func TestMessageLimitCountsAllFragmentsAndTheHeaderDecides(t *testing.T) {
	big := FrameHeader{Fin: true, Opcode: OpBinary, Length: math.MaxInt64}
	for name, c := range map[string]struct {
		limit int64
		wire  []byte
		what  string // "" passes
	}{
		"at the limit":              {5, binary1(true, "12345"), ""},
		"above it":                  {5, head(FrameHeader{Fin: true, Opcode: OpBinary, Length: 6}), "message exceeds 5 bytes"},
		"fragments at the limit":    {5, sent(binary1(false, "123"), more(false, ""), more(true, "45")), ""},
		"fragments above it":        {5, sent(binary1(false, "123"), head(FrameHeader{Length: 3})), "message exceeds 5 bytes"},
		"each message anew":         {5, sent(binary1(false, "123"), more(true, "45"), binary1(true, "12345")), ""},
		"control frames do not":     {5, sent(binary1(false, "123"), ping("123456"), more(true, "45")), ""},
		"no limit":                  {-1, head(big), ""},
		"no limit, no overflow":     {-1, sent(binary1(false, "a"), head(FrameHeader{Length: math.MaxInt64})), "message exceeds 9223372036854775807 bytes"},
		"default, at the limit":     {0, head(FrameHeader{Opcode: OpText, Length: 1 << 20}), ""},
		"highest limit, no overrun": {math.MaxInt64, head(big), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transcript(t, ReaderConfig{MaxMessage: c.limit}, c.wire)
			if c.what == "" {
				require.NoError(t, err)
			} else {
				requireViolation(t, err, CloseMessageTooBig, c.what)
			}
		})
	}
}

func TestFragmentsArePaidForWithBytes(t *testing.T) {
	repeat := func(n int, payload string) []byte {
		b := text(false, payload)
		for range n - 1 {
			b = append(b, more(false, payload)...)
		}
		return b
	}
	for name, c := range map[string]struct {
		wire []byte
		ok   bool
	}{
		"16384 empty fragments":   {repeat(16384, ""), true},
		"one more":                {repeat(16385, ""), false},
		"20000 empty fragments":   {repeat(20000, ""), false},
		"of one byte":             {repeat(16384+16384/32+16, "a"), true},
		"too many of one byte":    {repeat(20000, "a"), false},
		"any number of 32 bytes":  {repeat(30000, strings.Repeat("a", 32)), true},
		"control does not count":  {sent(repeat(16383, ""), ping(""), ping(""), more(true, "")), true},
		"each message counts its": {sent(repeat(16383, ""), more(true, ""), repeat(16384, "")), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transcript(t, ReaderConfig{}, c.wire)
			if c.ok {
				require.NoError(t, err)
			} else {
				requireViolation(t, err, ClosePolicyViolation, "fragments")
			}
		})
	}
}
