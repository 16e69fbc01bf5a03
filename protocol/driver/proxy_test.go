package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func newProxy(t testing.TB, proxy, server string, header protocol.Header) *driver.Proxy {
	t.Helper()
	p, err := driver.NewProxy(proxy, server, header)
	require.NoError(t, err)
	return p
}

func TestD20RequestToTheProxy(t *testing.T) {
	p := newProxy(t, "http://user:pass@proxy.example:3128", "wss://example.com/chat", protocol.Header{"User-Agent": {"wsflow"}})
	require.Equal(t, "CONNECT example.com:443 HTTP/1.1\r\n"+
		"Host: example.com:443\r\n"+
		"Connection: keep-alive\r\n"+
		"Proxy-Connection: keep-alive\r\n"+
		"Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"+
		"User-Agent: wsflow\r\n\r\n", string(p.Output()))
	require.Empty(t, p.Output())
	address, secure := p.Address()
	require.Equal(t, "proxy.example:3128", address)
	require.False(t, secure)

	p = newProxy(t, "https://proxy.example", "ws://[::1]:8080/", nil)
	require.Contains(t, string(p.Output()), "CONNECT [::1]:8080 HTTP/1.1\r\n")
	address, secure = p.Address()
	require.Equal(t, "proxy.example:443", address)
	require.True(t, secure)
}

// The tunnel stands, and what came behind the answer is the server's.
func TestD20Connected(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.0 200 Connection established\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nVia: x\r\n\r\n",
	} {
		for _, size := range []int{1, 5, 1000} {
			p := newProxy(t, "http://proxy", "ws://example.com/chat", nil)
			p.Output()
			client, r := newClient(t, driver.Config{})
			wire := answer + welcomeTo(r) + fromServer(whole(protocol.OpText), "glued")
			connected := false
			for at := 0; at < len(wire); at += size {
				chunk := []byte(wire[at:min(at+size, len(wire))])
				var err error
				connected, err = p.Receive(chunk)
				clear(chunk)
				require.NoError(t, err)
				if !connected {
					require.Empty(t, p.Rest())
				}
			}
			require.True(t, connected)
			require.Contains(t, []int{200, 201}, p.Response().Status)
			require.Equal(t, []string{"open", "text: glued"}, play(client, string(p.Rest())))
			require.Empty(t, p.Rest())
		}
	}
}

func TestD20Refused(t *testing.T) {
	tests := []struct {
		name, answer string
		status       int
		reason       string
	}{
		{"authentication", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\nbody", 407, "proxy did not connect"},
		{"switching", "HTTP/1.1 101 Switching Protocols\r\nProxy-Authenticate: Basic\r\n\r\n", 101, "proxy did not connect"},
		{"no HTTP", "220 smtp.example.com\r\n\r\n", 0, "response: response is not HTTP/1"},
		{"an endless head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 20_000), 0, "response: too many header lines"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newProxy(t, "http://proxy", "ws://example.com/chat", nil)
			p.Output()
			require.Nil(t, p.Response())
			for at := range len(test.answer) {
				connected, err := p.Receive([]byte{test.answer[at]})
				require.False(t, connected)
				if err != nil {
					break
				}
			}
			_, err := p.Receive([]byte("more"))
			var e *protocol.HandshakeError
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.status, e.Status)
			require.Contains(t, test.reason, e.Reason)
			if test.status != 0 {
				require.Equal(t, "Basic", e.Header.Get("Proxy-Authenticate"))
				require.Equal(t, test.status, p.Response().Status)
			}
			require.Empty(t, p.Rest())
		})
	}
}

func TestD20BadArguments(t *testing.T) {
	for _, proxy := range []string{"", "proxy:3128", "socks5://proxy", "http://", "ws://proxy", "http://a%3Ab:secret@proxy"} {
		_, err := driver.NewProxy(proxy, "ws://example.com", nil)
		require.ErrorIs(t, err, driver.ErrInvalidURL, "%q", proxy)
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := driver.NewProxy("http://proxy", "http://example.com", nil)
	require.ErrorIs(t, err, driver.ErrInvalidURL)
	_, err = driver.NewProxy("http://proxy", "ws://example.com", protocol.Header{"X": {"a\r\nb"}})
	require.ErrorIs(t, err, protocol.ErrInvalidHeader)
	p := newProxy(t, "http://user@proxy", "ws://example.com", protocol.Header{"Proxy-Authorization": {"Bearer x"}})
	require.Contains(t, string(p.Output()), "\r\nProxy-Authorization: Bearer x\r\n\r\n")
}
