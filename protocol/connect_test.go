package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConnectAsksForATunnel(t *testing.T) { // RFC 9110, 9.3.6
	h := ConnectHandshake{Target: "server.example.com:443", Header: Header{
		"User-Agent": {"test"}, "Proxy-Authorization": {"Basic dXNlcjpzZWNyZXQ="},
	}}
	b, err := h.AppendRequest([]byte("x"))
	require.NoError(t, err)
	require.Equal(t, "xCONNECT server.example.com:443 HTTP/1.1\r\nHost: server.example.com:443\r\n"+
		"Connection: keep-alive\r\nProxy-Connection: keep-alive\r\n"+
		"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\nUser-Agent: test\r\n\r\n", string(b))
}

func TestConnectRefusesWhatHTTPDoesNotAllow(t *testing.T) {
	refused := func(t *testing.T, h ConnectHandshake) {
		b, err := h.AppendRequest([]byte("x"))
		require.ErrorIs(t, err, ErrInvalidHeader)
		require.Equal(t, "x", string(b), "nothing was appended")
	}
	for name, extra := range badExtras {
		t.Run(name, func(t *testing.T) { refused(t, ConnectHandshake{Target: "example.com:80", Header: extra}) })
	}
	t.Run("Proxy-Connection", func(t *testing.T) {
		refused(t, ConnectHandshake{Target: "example.com:80", Header: Header{"proxy-connection": {"close"}}})
	})
	for _, target := range badAuthorities {
		t.Run(target, func(t *testing.T) { refused(t, ConnectHandshake{Target: target}) })
	}
}

var badAuthorities = []string{
	"", ":80", "example.com", "example.com:", "example.com:0", "example.com:65536", "example.com:x", "example.com:+80",
	"a b:80", "a:80\r\nX: 1", "a\r\n:80", "::1", "::1:80", "[::1]", "[::1]:", "http://a:80", "user@a:80", "a:80/", "a:8:80",
}

func TestConnectTargets(t *testing.T) {
	for _, target := range []string{"a:1", "example.com:65535", "127.0.0.1:80", "[::1]:8080", "[2001:db8::1]:443"} {
		b, err := (&ConnectHandshake{Target: target}).AppendRequest(nil)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(b), "CONNECT "+target+" HTTP/1.1\r\nHost: "+target+"\r\n"))
	}
}

func TestProxyConnectsWithAnySuccess(t *testing.T) { // RFC 9110, 9.3.6
	for _, status := range []string{"200 Connection established", "200", "204 No Content", "299 x"} {
		r, _, err := ParseResponse([]byte("HTTP/1.0 "+status+"\r\nContent-Length: 5\r\n\r\n"), 0)
		require.NoError(t, err)
		require.NoError(t, new(ConnectHandshake).CheckResponse(r), "its Content-Length is ignored")
	}
}

func TestRow20ProxyThatRefusesIsATypedError(t *testing.T) {
	for _, status := range []int{100, 101, 199, 300, 302, 400, 403, 407, 500, 999} {
		header := Header{"Proxy-Authenticate": {`Basic realm="proxy"`}}
		err := new(ConnectHandshake).CheckResponse(&Response{Status: status, Header: header})
		e := requireStatus(t, err, status, "proxy did not connect")
		require.Equal(t, header, e.Header)
	}
}

// What is appended is one request, with exactly the fields that were asked for; otherwise nothing is.
func FuzzConnectRequest(f *testing.F) {
	f.Add("example.com:80", "X-Name", "value")
	f.Add("[::1]:443", "Proxy-Authorization", "Basic eDp5")
	for _, target := range badAuthorities {
		f.Add(target, "X", "")
	}
	for _, extra := range badExtras {
		for name, values := range extra {
			f.Add("a:1", name, strings.Join(values, ""))
		}
	}
	f.Fuzz(func(t *testing.T, target, name, value string) {
		h := ConnectHandshake{Target: target, Header: Header{name: {value}}}
		b, err := h.AppendRequest([]byte("x"))
		if err != nil {
			require.ErrorIs(t, err, ErrInvalidHeader)
			require.Equal(t, "x", string(b))
			return
		}
		// CONNECT's target has a form of its own, so the line is turned into that of a GET.
		rest, ok := strings.CutPrefix(string(b), "xCONNECT "+target+" HTTP/1.1\r\n")
		require.True(t, ok)
		get := "GET / HTTP/1.1\r\n" + rest
		r, n, err := ParseRequest([]byte(get), len(get))
		require.NoError(t, err)
		require.Equal(t, len(get), n)
		require.Equal(t, target, r.Host)
		want := Header{"Connection": {"keep-alive"}, "Proxy-Connection": {"keep-alive"}}
		want.Add(name, trimSpace(value))
		require.Equal(t, want, r.Header)
	})
}
