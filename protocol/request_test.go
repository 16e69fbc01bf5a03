package protocol

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sampleRequest is the one of RFC 6455, 1.3.
const sampleRequest = "GET /chat HTTP/1.1\r\n" +
	"Host: server.example.com\r\n" +
	"Upgrade: websocket\r\n" +
	"Connection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
	"Origin: http://example.com\r\n" +
	"Sec-WebSocket-Protocol: chat, superchat\r\n" +
	"Sec-WebSocket-Version: 13\r\n\r\n"

func TestParseRequestOfTheRFC(t *testing.T) {
	r, n, err := ParseRequest([]byte(sampleRequest+"\x81\x85"), 0)
	require.NoError(t, err)
	require.Equal(t, len(sampleRequest), n, "what follows are frames")
	require.Equal(t, &Request{
		Method: "GET", Target: "/chat", Proto: "HTTP/1.1", Host: "server.example.com",
		Header: Header{
			"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Origin": {"http://example.com"},
			"Sec-Websocket-Key":      {"dGhlIHNhbXBsZSBub25jZQ=="},
			"Sec-Websocket-Protocol": {"chat, superchat"}, "Sec-Websocket-Version": {"13"},
		},
	}, r)
	for end := range sampleRequest {
		_, _, err := ParseRequest([]byte(sampleRequest[:end]), 0)
		require.ErrorIs(t, err, ErrShort)
	}
}

func TestParseRequestTakesWhatIsLegal(t *testing.T) {
	for name, c := range map[string]struct {
		wire string
		want Request
	}{
		"no space after the colon": {"GET / HTTP/1.1\r\nHost:a\r\nX:1\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"X": {"1"}}}},
		"space around values":      {"GET / HTTP/1.1\r\nHost: \ta\t \r\nx: \t1 2\t \r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"X": {"1 2"}}}},
		"empty value":              {"GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"X": {""}}}},
		"the same name twice":      {"GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\nX: 2\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"X": {"1", "2"}}}},
		"HTTP/1.0 without Host":    {"GET / HTTP/1.0\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.0", Header: Header{}}},
		"target names the host":    {"GET http://b:80/c?d HTTP/1.1\r\nHost: a\r\n\r\n", Request{Method: "GET", Target: "http://b:80/c?d", Proto: "HTTP/1.1", Host: "b:80", Header: Header{}}},
		"target without a path":    {"GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", Request{Method: "GET", Target: "http://b", Proto: "HTTP/1.1", Host: "b", Header: Header{}}},
		"address in the query":     {"GET /?u=http://b HTTP/1.1\r\nHost: a\r\n\r\n", Request{Method: "GET", Target: "/?u=http://b", Proto: "HTTP/1.1", Host: "a", Header: Header{}}},
		"asterisk":                 {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Request{Method: "OPTIONS", Target: "*", Proto: "HTTP/1.1", Host: "a", Header: Header{}}},
		"authority":                {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", Request{Method: "CONNECT", Target: "a:1", Proto: "HTTP/1.1", Host: "a:1", Header: Header{}}},
		"body":                     {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345", Request{Method: "POST", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"Content-Length": {"5"}}, HasBody: true}},
		"body of no bytes":         {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"Content-Length": {"00"}}}},
		"chunked body":             {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", Request{Method: "GET", Target: "/", Proto: "HTTP/1.1", Host: "a", Header: Header{"Transfer-Encoding": {"Chunked"}}, HasBody: true}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _, err := ParseRequest([]byte(c.wire), 0)
			require.NoError(t, err)
			require.Equal(t, &c.want, r)
		})
	}
}

var badRequests = []struct {
	name   string
	wire   string
	status int
	what   string
}{
	{"empty first line", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "first line"},
	{"bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400, "CR LF"},
	{"line feed alone", "\n", 400, "CR LF"},
	{"bare line feed at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "CR LF"},
	{"carriage return inside a line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, "control character"},
	{"two carriage returns", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400, "control character"},
	{"no version", "GET /\r\nHost: a\r\n\r\n", 400, "request line"},
	{"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line"},
	{"space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, "request line"},
	{"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line"},
	{"method not a token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line"},
	{"target not ASCII", "GET /é HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line"},
	{"target without a slash", "GET chat HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
	{"asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
	{"target with a bad scheme", "GET @:// HTTP/1.1\r\nHost: a\r\n\r\n", 400, "target"},
	{"target with a bad host", "GET http://[::/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request target"},
	{"target with an encoded host", "GET http://%62/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request target"},
	{"target with credentials", "GET http://u:p@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request target"},
	{"version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, "request line"},
	{"version of three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, "request line"},
	{"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\n", 400, "target"},
	{"HTTP/2.0 for a path", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP/1"},
	{"HTTP/0.9", "GET / HTTP/0.9\r\n\r\n", 505, "HTTP/1"},
	{"folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400, "folded"},
	{"folded first header line", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", 400, "folded"},
	{"no colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "name"},
	{"space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "name"},
	{"no name", "GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", 400, "name"},
	{"name not ASCII", "GET / HTTP/1.1\r\nHost: a\r\né: 1\r\n\r\n", 400, "name"},
	{"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nx: \x00\r\n\r\n", 400, "value of X"},
	{"no Host", "GET / HTTP/1.1\r\n\r\n", 400, "Host is missing"},
	{"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400, "more than one Host"},
	{"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "more than one Host"},
	{"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "Host is malformed"},
	{"Host [::", "GET / HTTP/1.1\r\nHost: [::\r\n\r\n", 400, "Host is malformed"},
	{"two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400, "more than one Content-Length"},
	{"list of lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400, "Content-Length"},
	{"negative length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length"},
	{"length with a sign", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400, "Content-Length"},
	{"empty length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400, "Content-Length"},
	{"length and coding", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "both"},
	{"two codings", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Transfer-Encoding"},
	{"coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "Transfer-Encoding"},
	{"unknown coding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "chunked"},
	{"3000 header lines", "GET / HTTP/1.1\r\n" + strings.Repeat("X: 1\r\n", 3000) + "\r\n", 431, "too many"},
	{"endless header lines", "GET / HTTP/1.1\r\n" + strings.Repeat("X: 1\r\n", 3000), 431, "too many"},
	{"2 MB header line", "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n", 431, "too long"},
	{"endless first line", strings.Repeat("G", 64<<10), 431, "too long"},
}

func TestParseRequestRefusesWhatIsMalformed(t *testing.T) {
	for _, c := range badRequests {
		t.Run(c.name, func(t *testing.T) {
			_, n, err := ParseRequest([]byte(c.wire), 0)
			requireStatus(t, err, c.status, c.what)
			require.Zero(t, n)
		})
	}
}

func TestHeadIsLimitedInBytesAndLines(t *testing.T) {
	wire := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\nframes")
	_, n, err := ParseRequest(wire, 27)
	require.NoError(t, err)
	require.Equal(t, 27, n)
	_, _, err = ParseRequest(wire, 26)
	requireStatus(t, err, 431, "too long")
	_, _, err = ParseRequest(wire[:25], 26)
	require.ErrorIs(t, err, ErrShort)

	lines := func(n int) []byte {
		return []byte("GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: 1\r\n", n-1) + "\r\n")
	}
	_, _, err = ParseRequest(lines(MaxHeaderLines), 0)
	require.NoError(t, err)
	_, _, err = ParseRequest(lines(MaxHeaderLines+1), 0)
	requireStatus(t, err, 431, "too many")
}

// What parses is no surprise to net/http, depends on no byte behind the head and
// on no chunks.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(sampleRequest), 0)
	for _, c := range badRequests {
		if len(c.wire) < 1000 {
			f.Add([]byte(c.wire), 0)
		}
	}
	f.Add([]byte("GET http://b:80/c?d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"), 60)
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		r, n, err := ParseRequest(b, limit)
		for end := 0; end < len(b) && end < 200; end++ {
			early, m, earlyErr := ParseRequest(b[:end], limit)
			if earlyErr != ErrShort {
				require.Equal(t, r, early)
				require.Equal(t, n, m)
				require.Equal(t, err, earlyErr)
			}
		}
		if err != nil {
			require.Zero(t, n)
			require.Nil(t, r)
			return
		}
		require.True(t, strings.HasSuffix(string(b[:n]), "\r\n\r\n"))
		require.Zero(t, len(r.Header["Host"]))
		theirs, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(b[:n]))))
		if err != nil {
			return // net/http looks into the target, too
		}
		require.Equal(t, theirs.Method, r.Method)
		require.Equal(t, theirs.RequestURI, r.Target)
		require.Equal(t, theirs.Host, r.Host)
		require.Equal(t, theirs.ContentLength != 0, r.HasBody)
	})
}
