package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAppendResponseWritesThatOfTheRFC(t *testing.T) { // RFC 6455, 1.3
	b, err := AppendResponse(nil, "dGhlIHNhbXBsZSBub25jZQ==", "chat", nil, nil)
	require.NoError(t, err)
	require.Equal(t, sampleResponse, string(b))
}

func TestAppendResponseIsDeterministic(t *testing.T) {
	extra := Header{"X-B": {"2"}, "X-A": {"1", "one"}, "Set-Cookie": {"a=b", "c=d"}, "X-C": {""}}
	ext := []Extension{{"permessage-deflate", []Param{{"server_max_window_bits", "10", true}, {Name: "client_no_context_takeover"}}}}
	for range 10 {
		b, err := AppendResponse([]byte("x"), "dGhlIHNhbXBsZSBub25jZQ==", "", ext, extra)
		require.NoError(t, err)
		require.Equal(t, "xHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"+
			"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; client_no_context_takeover\r\n"+
			"Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-A: 1\r\nX-A: one\r\nX-B: 2\r\nX-C: \r\n\r\n", string(b))
	}
}

func TestAppendResponseRefusesWhatHTTPDoesNotAllow(t *testing.T) {
	refused := func(t *testing.T, protocol string, ext []Extension, extra Header) {
		b, err := AppendResponse([]byte("x"), NewKey(), protocol, ext, extra)
		require.ErrorIs(t, err, ErrInvalidHeader)
		require.Equal(t, "x", string(b))
	}
	for name, extra := range badExtras {
		t.Run(name, func(t *testing.T) { refused(t, "", nil, extra) })
	}
	t.Run("subprotocol", func(t *testing.T) { refused(t, "a\r\nb", nil, nil) })
	t.Run("two subprotocols", func(t *testing.T) { refused(t, "a, b", nil, nil) })
	t.Run("extension", func(t *testing.T) { refused(t, "", []Extension{{Name: "a\r\n"}}, nil) })
}
