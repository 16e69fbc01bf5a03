package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 6455, 7.4, all 65536 codes.
func TestSendableCloseCodes(t *testing.T) {
	for c := range 1 << 16 {
		want := c >= 3000 && c <= 4999
		switch c {
		case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
			want = true
		}
		require.Equal(t, want, CloseCode(c).IsSendable(), "%d", c)
	}
}

func TestCloseCodeString(t *testing.T) {
	require.Equal(t, "1002 protocol error", CloseProtocolError.String())
	require.Equal(t, "4001", CloseCode(4001).String())
	for c := CloseNormal; c <= CloseTLSHandshake; c++ {
		if c != 1004 {
			require.True(t, strings.Contains(c.String(), " "), "%d has no name", uint16(c))
		}
	}
}
