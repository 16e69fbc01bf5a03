package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHost(t *testing.T) { // RFC 7230, 5.4; RFC 3986, 3.2.2
	for _, good := range []string{
		"example.com", "example.com:8080", "localhost", "127.0.0.1:80", "[::1]", "[::1]:443",
		"[2001:db8::1]", "EXAMPLE.com:", "xn--bcher-kva.example", "a_b.example", "a%2Db",
	} {
		require.True(t, isHost(good), "%q", good)
	}
	for _, bad := range []string{
		"", "[::", "[", "[]", "]", "[::1", "::1", "[::1]x", "[::1]:x", "[127.0.0.1]", "[fe80::1%25eth0]",
		"[v1.x]", "a b", "a/b", "a@b", "a:b", "a:80:80", ":80", "a:123456", "a%2", "a%zz", "é", "a\x00", "a?b", "[[::1]]",
	} {
		require.False(t, isHost(bad), "%q", bad)
	}
}
