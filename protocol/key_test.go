package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAcceptKey(t *testing.T) {
	for key, want := range map[string]string{
		"dGhlIHNhbXBsZSBub25jZQ==": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", // RFC 6455, 1.3
		"JFBCWHksyIpXV+6Wlq/9pw==": "JdiiuafpBKRqD7eol0y4vJDTsTs=",
	} {
		require.Equal(t, want, AcceptKey(key))
	}
}

func TestNewKeyIsValidAndFresh(t *testing.T) {
	require.True(t, isKey(NewKey()))
	require.NotEqual(t, NewKey(), NewKey())
}

func TestKeyIs16BytesInBase64(t *testing.T) { // RFC 6455, 4.2.1
	for key, want := range map[string]bool{
		"dGhlIHNhbXBsZSBub25jZQ==":     true,
		"AQIDBAUGBwgJCgsMDQ4PEC==":     true,  // the example of RFC 6455, 4.1, whose unused bits are not 0
		"":                             false, // missing
		"dGhlIHNhbXBsZSBub25j":         false, // 15 bytes
		"dGhlIHNhbXBsZSBub25jZWU=":     false, // 17 bytes
		"dGhlIHNhbXBsZSBub25jZWVl":     false, // 18 bytes
		"dGhlIHNhbXBsZSBub25jZQ":       false, // no padding
		"dGhlIHNhbXBsZSBub25j!Q==":     false, // not base64
		"dGhlIHNhbXBs\nSBub25jZQ==":    false, // line feed inside
		"dGhlIHNhbXBsZSBub25jZQ==\r\n": false,
	} {
		require.Equal(t, want, isKey(key), "%q", key)
	}
}
