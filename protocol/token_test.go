package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTokensAreThoseOfTheRFC(t *testing.T) { // RFC 7230, 3.2.6
	const tchar = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for c := range 256 {
		require.Equal(t, strings.Contains(tchar, string([]byte{byte(c)})), isTokenByte(byte(c)), "%#x", c)
	}
	require.True(t, isToken("chat.v2"))
	require.False(t, isToken(""))
	require.False(t, isToken("a b"))
}

func TestFieldValuesHaveNoControlCharacters(t *testing.T) {
	for c := range 256 {
		want := c == '\t' || c >= ' ' && c != 0x7F
		require.Equal(t, want, isFieldValue("a"+string([]byte{byte(c)})), "%#x", c)
	}
}

func TestCaseIsThatOfASCII(t *testing.T) {
	require.True(t, equalFold("WebSocket", "wEBsOCKET"))
	require.False(t, equalFold("websocket", "websoc\u212aet"), "the Kelvin sign is no K")
	require.False(t, equalFold("webso\u212aet", "websocket"))
	require.False(t, equalFold("webſocke", "websocket"), "the long s is no s")
	require.False(t, equalFold("a", "ab"))
	require.False(t, equalFold("[", "{"))
}
