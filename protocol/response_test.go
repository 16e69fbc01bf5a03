package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sampleResponse is the one of RFC 6455, 1.3.
const sampleResponse = "HTTP/1.1 101 Switching Protocols\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
	"Sec-WebSocket-Protocol: chat\r\n\r\n"

func TestParseResponseOfTheRFC(t *testing.T) {
	r, n, err := ParseResponse([]byte(sampleResponse+"\x81\x05"), 0)
	require.NoError(t, err)
	require.Equal(t, len(sampleResponse), n, "what follows are frames")
	require.Equal(t, &Response{
		Proto: "HTTP/1.1", Status: 101, Reason: "Switching Protocols",
		Header: Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"},
			"Sec-Websocket-Accept":   {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
			"Sec-Websocket-Protocol": {"chat"},
		},
	}, r)
	for end := range sampleResponse {
		_, _, err := ParseResponse([]byte(sampleResponse[:end]), 0)
		require.ErrorIs(t, err, ErrShort)
	}
}

func TestReasonPhraseMayBeEmpty(t *testing.T) { // RFC 7230, 3.1.2
	for wire, reason := range map[string]string{
		"HTTP/1.1 101 \r\n\r\n":           "",
		"HTTP/1.1 101\r\n\r\n":            "",
		"HTTP/1.1 101 Web Socket\r\n\r\n": "Web Socket",
		"HTTP/1.1 101 gar\xe7on\r\n\r\n":  "gar\xe7on",
	} {
		r, _, err := ParseResponse([]byte(wire), 0)
		require.NoError(t, err)
		require.Equal(t, 101, r.Status)
		require.Equal(t, reason, r.Reason)
	}
}

var badResponses = []struct {
	name   string
	wire   string
	status int
	what   string
}{
	{"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", 0, "not HTTP/1"},
	{"HTTP/2.0", "HTTP/2.0 101 x\r\n\r\n", 0, "not HTTP/1"},
	{"no status", "HTTP/1.1\r\n\r\n", 0, "status line"},
	{"status of two digits", "HTTP/1.1 99 x\r\n\r\n", 0, "status line"},
	{"status of four digits", "HTTP/1.1 1010 x\r\n\r\n", 0, "status line"},
	{"status below 100", "HTTP/1.1 099 x\r\n\r\n", 0, "status line"},
	{"two spaces", "HTTP/1.1  101\r\n\r\n", 0, "status line"},
	{"control character in the phrase", "HTTP/1.1 101 \x01\r\n\r\n", 0, "status line"},
	{"empty first line", "\r\n\r\n", 0, "first line"},
	{"bare line feed", "HTTP/1.1 101 x\n\n", 0, "CR LF"},
	{"bad header line", "HTTP/1.1 401 x\r\nX\r\n\r\n", 401, "name"},
	{"endless head", "HTTP/1.1 101 x\r\n" + strings.Repeat("x", 64<<10), 0, "too long"},
	{"endless header lines", "HTTP/1.1 101 x\r\n" + strings.Repeat("X: 1\r\n", 300), 0, "too many"},
}

func TestParseResponseRefusesWhatIsMalformed(t *testing.T) {
	for _, c := range badResponses {
		t.Run(c.name, func(t *testing.T) {
			_, n, err := ParseResponse([]byte(c.wire), 0)
			requireStatus(t, err, c.status, c.what)
			require.Zero(t, n)
		})
	}
}

// A verdict depends on no chunks, and parsing is bounded by the head.
func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(sampleResponse), 0)
	for _, c := range badResponses {
		if len(c.wire) < 1000 {
			f.Add([]byte(c.wire), 0)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		r, n, err := ParseResponse(b, limit)
		for end := 0; end < len(b) && end < 200; end++ {
			early, m, earlyErr := ParseResponse(b[:end], limit)
			if earlyErr != ErrShort {
				require.Equal(t, r, early)
				require.Equal(t, n, m)
				require.Equal(t, err, earlyErr)
			}
		}
		if err != nil {
			require.Zero(t, n)
			return
		}
		require.True(t, strings.HasSuffix(string(b[:n]), "\r\n\r\n"))
		_, _, err = new(ClientHandshake).CheckResponse(r)
		require.Error(t, err, "a response without its request is never accepted")
	})
}
