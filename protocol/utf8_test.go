package protocol

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// classes has the first and last byte of every range that the grammar of UTF-8
// (RFC 3629, 4) tells apart.
var classes = []byte{
	0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
	0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF,
}

// continuations are those of the classes that are not the first byte of anything.
var continuations = classes[2:8]

// canBecomeValid is the oracle for failing fast: s is valid, or some bytes more
// make it so.
func canBecomeValid(s []byte) bool {
	cut := len(s)
	for cut > 0 && len(s)-cut < 3 && !utf8.Valid(s[:cut]) {
		cut--
	}
	if !utf8.Valid(s[:cut]) {
		return false
	}
	tail := s[cut:]
	if len(tail) == 0 {
		return true
	}
	// Nothing but continuation bytes completes a code point.
	for _, a := range continuations {
		for _, b := range continuations {
			for _, c := range continuations {
				more := append(append([]byte{}, tail...), a, b, c)
				for n := len(tail) + 1; n <= 4; n++ {
					if r, size := utf8.DecodeRune(more[:n]); size == n && r != utf8.RuneError {
						return true
					}
				}
			}
		}
	}
	return string(tail) == "\xef" || string(tail) == "\xef\xbf"
}

// requireAgrees checks UTF8 against utf8.Valid at every way to cut s in two, and
// byte by byte.
func requireAgrees(t *testing.T, s []byte, possible bool) {
	for cut := 0; cut <= len(s); cut++ {
		var u UTF8
		ok := u.Write(s[:cut]) && u.Write(s[cut:])
		if ok != possible || (ok && u.Complete()) != utf8.Valid(s) {
			t.Fatalf("%x cut at %d: ok %v, want %v; complete %v", s, cut, ok, possible, u.Complete())
		}
		if ok && !utf8.Valid(s[:len(s)-u.PartialRune()]) {
			t.Fatalf("%x: %d bytes are not the open character", s, u.PartialRune())
		}
	}
	var u UTF8
	ok := true
	for i := range s {
		ok = u.Write(s[i : i+1])
	}
	if len(s) > 0 && ok != possible || (ok && u.Complete()) != utf8.Valid(s) {
		t.Fatalf("%x byte by byte: ok %v, want %v", s, ok, possible)
	}
}

// Every string of one to four bytes out of the classes, at every cut.
func TestUTF8AgreesWithTheStandardLibrary(t *testing.T) { // RFC 6455, 8.1
	possible := map[string]bool{"": true}
	var grow func(s []byte, depth int)
	grow = func(s []byte, depth int) {
		for _, c := range classes {
			next := append(s[:len(s):len(s)], c)
			// What has failed stays failed, which saves the oracle most strings.
			can := possible[string(s)] && canBecomeValid(next)
			possible[string(next)] = can
			requireAgrees(t, next, can)
			if depth > 1 {
				grow(next, depth-1)
			}
		}
	}
	grow(nil, 4)
}

// Every code point, at every cut.
func TestUTF8TakesEveryCodePoint(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			s := utf8.AppendRune(nil, r)
			for cut := 0; cut <= len(s); cut++ {
				var u UTF8
				if !u.Write(s[:cut]) || !u.Write(s[cut:]) || !u.Complete() {
					t.Fatalf("%U cut at %d is refused", r, cut)
				}
			}
		}
	}
}

func TestUTF8FailsAtTheFirstImpossibleByte(t *testing.T) {
	for name, s := range map[string]string{
		"surrogate half": "\xed\xa0", "beyond U+10FFFF": "\xf4\x90", "overlong two bytes": "\xc0",
		"overlong three bytes": "\xe0\x9f", "overlong four bytes": "\xf0\x8f", "five bytes": "\xf8",
		"stray continuation": "\x80", "FF": "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			var u UTF8
			long := strings.Repeat("κόσμε", 20)
			require.True(t, u.Write([]byte(long+s[:len(s)-1])))
			require.False(t, u.Write([]byte(s[len(s)-1:])))
			require.False(t, u.Write([]byte("a")), "a failure is for good")
			require.False(t, u.Complete())
			u.Reset()
			require.True(t, u.Write([]byte(long)) && u.Complete())
			require.False(t, u.Write([]byte(s)), "in one piece")
		})
	}
}

func TestPartialRuneIsTheOpenCharacter(t *testing.T) {
	var u UTF8
	for i, want := range []int{1, 2, 3, 0} {
		require.True(t, u.Write([]byte("😀")[i:i+1]))
		require.Equal(t, want, u.PartialRune())
		require.Equal(t, want == 0, u.Complete())
	}
	require.True(t, u.Write([]byte("ab€"[:4])))
	require.Equal(t, 2, u.PartialRune())
}

// The verdict is utf8.Valid's, however the text is cut in three.
func FuzzUTF8(f *testing.F) {
	f.Add([]byte("Hello-µ@ßöäüàá-UTF-8!!"), 3, 9)
	f.Add([]byte("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"), 5, 11)
	f.Add([]byte("\xf4\x90\x80\x80"), 1, 2)
	f.Add([]byte("\xf0\x9f\x98"), 0, 1)
	f.Fuzz(func(t *testing.T, s []byte, i, j int) {
		if i < 0 || j < i || len(s) < j {
			i, j = len(s)/3, len(s)/3*2
		}
		var u UTF8
		for _, p := range [][]byte{s[:i], s[i:j], s[j:]} {
			u.Write(p)
		}
		require.Equal(t, utf8.Valid(s), u.Complete())
	})
}

func BenchmarkUTF8(b *testing.B) {
	for name, s := range map[string][]byte{
		"ascii": bytes.Repeat([]byte("a"), 16<<10), "greek": bytes.Repeat([]byte("κόσμε "), 1<<10),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				var u UTF8
				u.Write(s)
			}
		})
	}
}
