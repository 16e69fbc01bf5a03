package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var extensionLists = []struct {
	name   string
	values []string
	want   []Extension // nil if malformed
}{
	{"one", []string{"foo"}, []Extension{{Name: "foo"}}},
	{"two (RFC 6455, 9.1)", []string{"bar; baz=2, foo"}, []Extension{{"bar", []Param{{"baz", "2", true}}}, {Name: "foo"}}},
	{"two lines (RFC 6455, 9.1)", []string{"foo", "bar; baz=2"}, []Extension{{Name: "foo"}, {"bar", []Param{{"baz", "2", true}}}}},
	{"parameter without value", []string{"permessage-deflate; client_max_window_bits"}, []Extension{{"permessage-deflate", []Param{{Name: "client_max_window_bits"}}}}},
	{"quoted value", []string{`a; b="10"`}, []Extension{{"a", []Param{{"b", "10", true}}}}},
	{"quoted value with escapes", []string{`a; b="\1\0"; c`}, []Extension{{"a", []Param{{"b", "10", true}, {Name: "c"}}}}},
	{"no spaces", []string{"a;b=c;d,e"}, []Extension{{"a", []Param{{"b", "c", true}, {Name: "d"}}}, {Name: "e"}}},
	{"many spaces", []string{" \ta \t; b = c , d "}, []Extension{{"a", []Param{{"b", "c", true}}}, {Name: "d"}}},
	{"empty elements", []string{", a,, b ,", ""}, []Extension{{Name: "a"}, {Name: "b"}}},
	{"the same twice, an offer and its fallback", []string{"a; b, a"}, []Extension{{"a", []Param{{Name: "b"}}}, {Name: "a"}}},
	{"a parameter twice", []string{"a; b; b"}, []Extension{{"a", []Param{{Name: "b"}, {Name: "b"}}}}},
	{"empty", []string{""}, nil},
	{"only commas", []string{",,", " , "}, nil},
	{"semicolon at the end", []string{"a;"}, nil},
	{"semicolon at the start", []string{";a"}, nil},
	{"two semicolons", []string{"a;;b"}, nil},
	{"no value after the sign", []string{"a; b="}, nil},
	{"no name before the sign", []string{"a; =b"}, nil},
	{"value of an extension", []string{"a=b"}, nil},
	{"two words", []string{"a b"}, nil},
	{"unclosed quoted string", []string{`a; b="c`}, nil},
	{"quoted string ends in an escape", []string{`a; b="c\`}, nil},
	{"quoted string, empty", []string{`a; b=""`}, nil},
	{"quoted string, not a token", []string{`a; b="c d"`}, nil},
	{"text behind a quoted string", []string{`a; b="c"d`}, nil},
	{"quoted string split over lines", []string{`a; b="c`, `d"`}, nil},
	{"not ASCII", []string{"é"}, nil},
	{"quoted name", []string{`"a"`}, nil},
}

func TestParseExtensions(t *testing.T) { // RFC 6455, 9.1
	for _, c := range extensionLists {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseExtensions(c.values)
			if c.want == nil {
				requireStatus(t, err, 400, "Sec-WebSocket-Extensions")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	got, err := ParseExtensions(nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestAppendExtensionsRefusesWhatIsNotAToken(t *testing.T) {
	for name, e := range map[string]Extension{
		"name":            {Name: "a b"},
		"empty name":      {},
		"parameter":       {Name: "a", Params: []Param{{Name: "b\r\n"}}},
		"value":           {Name: "a", Params: []Param{{"b", "c,d", true}}},
		"value, empty":    {Name: "a", Params: []Param{{"b", "", true}}},
		"second in place": {Name: "a", Params: []Param{{Name: "b"}, {Name: ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			dst, err := AppendExtensions([]byte("x"), []Extension{{Name: "fine"}, e})
			require.ErrorIs(t, err, ErrInvalidHeader)
			require.Equal(t, "x", string(dst))
		})
	}
}

// What parses is written in one normal form, which parses to the same.
func FuzzParseExtensions(f *testing.F) {
	for _, c := range extensionLists {
		f.Add(strings.Join(c.values, "\n"))
	}
	f.Add(`a; b="` + strings.Repeat(`\x`, 1000))
	f.Fuzz(func(t *testing.T, lines string) {
		list, err := ParseExtensions(strings.Split(lines, "\n"))
		if err != nil {
			requireStatus(t, err, 400, "")
			return
		}
		value, err := AppendExtensions(nil, list)
		require.NoError(t, err)
		again, err := ParseExtensions([]string{string(value)})
		require.NoError(t, err)
		require.Equal(t, list, again)
	})
}

func TestExtensionAsText(t *testing.T) {
	for want, e := range map[string]Extension{
		"permessage-deflate":    {Name: "permessage-deflate"},
		"x; a; b=1; c=d":        {Name: "x", Params: []Param{{Name: "a"}, {Name: "b", Value: "1", HasValue: true}, {Name: "c", Value: "d", HasValue: true}}},
		`"a, b"; "c\r\n"="; d"`: {Name: "a, b", Params: []Param{{Name: "c\r\n", Value: "; d", HasValue: true}}},
		`""; ""=""`:             {Params: []Param{{HasValue: true}}},
	} {
		require.Equal(t, want, e.String())
		if b, err := AppendExtensions(nil, []Extension{e}); err == nil {
			require.Equal(t, want, string(b))
		}
	}
}
