package protocol

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

var closePayloads = []struct {
	name   string
	wire   string
	code   CloseCode
	reason string
	fails  CloseCode // the code of the violation, 0 for none
}{
	{"empty", "", CloseNoStatus, "", 0},
	{"one byte", "\x03", 0, "", CloseProtocolError},
	{"1000", "\x03\xe8", CloseNormal, "", 0},
	{"1001 with a reason", "\x03\xe9bye", CloseGoingAway, "bye", 0},
	{"1014", "\x03\xf6", CloseBadGateway, "", 0},
	{"3000", "\x0b\xb8", 3000, "", 0},
	{"4999", "\x13\x87", 4999, "", 0},
	{"0", "\x00\x00", 0, "", CloseProtocolError},
	{"999", "\x03\xe7", 0, "", CloseProtocolError},
	{"1004", "\x03\xec", 0, "", CloseProtocolError},
	{"1005", "\x03\xed", 0, "", CloseProtocolError},
	{"1006", "\x03\xee", 0, "", CloseProtocolError},
	{"1015", "\x03\xf7", 0, "", CloseProtocolError},
	{"2999", "\x0b\xb7", 0, "", CloseProtocolError},
	{"5000", "\x13\x88", 0, "", CloseProtocolError},
	{"65535", "\xff\xff", 0, "", CloseProtocolError},
	{"reason not UTF-8", "\x03\xe8\xff", 0, "", CloseInvalidPayload},
	{"reason cut inside a character", "\x03\xe8\xe2\x82", 0, "", CloseInvalidPayload},
	{"reason in several scripts", "\x03\xe8Κόσμε €😀", CloseNormal, "Κόσμε €😀", 0},
}

func TestClosePayload(t *testing.T) { // RFC 6455, 5.5.1 and 7.4
	for _, c := range closePayloads {
		t.Run(c.name, func(t *testing.T) {
			code, reason, err := ParseClosePayload([]byte(c.wire))
			if c.fails != 0 {
				requireViolation(t, err, c.fails, "close")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.code, code)
			require.Equal(t, c.reason, reason)
			wire, err := AppendClosePayload(nil, code, reason)
			require.NoError(t, err)
			require.Equal(t, c.wire, string(wire))
		})
	}
}

func TestCloseReasonIsCutBetweenCharacters(t *testing.T) {
	for name, c := range map[string]struct{ reason, want string }{
		"fits":                     {strings.Repeat("a", 123), strings.Repeat("a", 123)},
		"one byte too many":        {strings.Repeat("a", 124), strings.Repeat("a", 123)},
		"character at the limit":   {strings.Repeat("a", 121) + "€", strings.Repeat("a", 121)},
		"character up to it":       {strings.Repeat("a", 120) + "€€", strings.Repeat("a", 120) + "€"},
		"four bytes across":        {strings.Repeat("a", 120) + "😀", strings.Repeat("a", 120)},
		"far too long for a frame": {strings.Repeat("é", 5000), strings.Repeat("é", 61)},
	} {
		t.Run(name, func(t *testing.T) {
			wire, err := AppendClosePayload([]byte("x"), CloseNormal, c.reason)
			require.NoError(t, err)
			require.Equal(t, "x\x03\xe8"+c.want, string(wire))
		})
	}
}

func TestClosePayloadRefusesWhatMayNotBeSent(t *testing.T) {
	for name, c := range map[string]struct {
		code   CloseCode
		reason string
	}{
		"1006":                     {CloseAbnormal, ""},
		"1015":                     {CloseTLSHandshake, ""},
		"0":                        {0, ""},
		"1005 with a reason":       {CloseNoStatus, "why"},
		"not UTF-8":                {CloseNormal, "\xff"},
		"not UTF-8 behind the cut": {CloseNormal, strings.Repeat("a", 200) + "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			dst, err := AppendClosePayload([]byte("x"), c.code, c.reason)
			require.ErrorIs(t, err, ErrInvalidClose)
			require.Equal(t, "x", string(dst))
		})
	}
}

// What parses encodes back to the same bytes.
func FuzzParseClosePayload(f *testing.F) {
	for _, c := range closePayloads {
		f.Add([]byte(c.wire))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		code, reason, err := ParseClosePayload(p)
		if err != nil {
			return
		}
		require.True(t, utf8.ValidString(reason))
		wire, err := AppendClosePayload([]byte{}, code, reason)
		require.NoError(t, err)
		if len(p) <= MaxControlPayload {
			require.Equal(t, string(p), string(wire))
		} else {
			require.True(t, strings.HasPrefix(string(p), string(wire)))
		}
	})
}
