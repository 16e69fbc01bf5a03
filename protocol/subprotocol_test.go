package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubprotocolsAreUniqueTokens(t *testing.T) { // RFC 6455, 4.1
	for name, c := range map[string]struct {
		values []string
		want   []string // nil if malformed
	}{
		"one":            {[]string{"chat"}, []string{"chat"}},
		"several":        {[]string{"chat, superchat"}, []string{"chat", "superchat"}},
		"several lines":  {[]string{"chat", "\tsuperchat , x"}, []string{"chat", "superchat", "x"}},
		"case matters":   {[]string{"chat, Chat"}, []string{"chat", "Chat"}},
		"space inside":   {[]string{"a b"}, nil},
		"twice":          {[]string{"a, a"}, nil},
		"twice, lines":   {[]string{"a, b", "a"}, nil},
		"empty":          {[]string{""}, nil},
		"empty element":  {[]string{"a,,b"}, nil},
		"comma at end":   {[]string{"a,"}, nil},
		"not ASCII":      {[]string{"é"}, nil},
		"64 KiB spaces":  {[]string{strings.Repeat(" ", 64<<10)}, nil},
		"spaces, inside": {[]string{"a" + strings.Repeat(" ", 64<<10) + "b"}, nil},
		"separator":      {[]string{"a/b"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseProtocols(c.values)
			if c.want == nil {
				requireStatus(t, err, 400, "Sec-WebSocket-Protocol")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}
