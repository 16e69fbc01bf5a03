package driver_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func TestD4States(t *testing.T) {
	client, r := newClient(t, driver.Config{})
	require.Equal(t, driver.StateConnecting, client.State())
	require.Equal(t, []string{"open"}, play(client, welcomeTo(r)))
	require.Equal(t, driver.StateOpen, client.State())
	require.NoError(t, client.Close(1000, ""))
	require.Equal(t, driver.StateClosing, client.State())
	play(client, fromServer(whole(protocol.OpClose), closing(1000, "")))
	require.Equal(t, driver.StateClosed, client.State())

	require.Equal(t, protocol.Client, client.Role())
	require.Equal(t, protocol.Server, newServer(t, driver.Config{}).Role())
	require.Equal(t, "connecting", driver.StateConnecting.String())
	require.Equal(t, "open", driver.StateOpen.String())
	require.Equal(t, "closing", driver.StateClosing.String())
	require.Equal(t, "closed", driver.StateClosed.String())
	require.Equal(t, "state 7", driver.State(7).String())
	require.Equal(t, "close", driver.EventClose.String())
	require.Equal(t, "event 0", driver.EventType(0).String())
}

func TestD18URLs(t *testing.T) {
	tests := []struct {
		url  string
		want driver.URL
	}{
		{"ws://example.com", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/"}},
		{"wss://example.com", driver.URL{Secure: true, Address: "example.com:443", Host: "example.com", Target: "/"}},
		{"WS://example.com:80/", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/"}},
		{"ws://example.com:443/", driver.URL{Address: "example.com:443", Host: "example.com:443", Target: "/"}},
		{"wss://example.com:443/", driver.URL{Secure: true, Address: "example.com:443", Host: "example.com", Target: "/"}},
		{"ws://example.com:8080/a/b?c=d&e", driver.URL{Address: "example.com:8080", Host: "example.com:8080", Target: "/a/b?c=d&e"}},
		{"ws://example.com?q", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/?q"}},
		{"ws://example.com/ä b", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/%C3%A4%20b"}},
		{"ws://example.com/a%2Fb", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/a%2Fb"}},
		{"ws://[::1]:9000/", driver.URL{Address: "[::1]:9000", Host: "[::1]:9000", Target: "/"}},
		{"ws://[::1]", driver.URL{Address: "[::1]:80", Host: "[::1]", Target: "/"}},
		{"ws://example.com:/", driver.URL{Address: "example.com:80", Host: "example.com", Target: "/"}},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			u, err := driver.ParseURL(test.url)
			require.NoError(t, err)
			require.Equal(t, test.want, *u)
			c, err := driver.NewClient(test.url, driver.Config{})
			require.NoError(t, err)
			r := requestOf(t, c)
			require.Equal(t, test.want.Target, r.Target)
			require.Equal(t, test.want.Host, r.Host)
		})
	}
}

func TestD18URLsThatNameNoWebSocket(t *testing.T) {
	for _, url := range []string{
		"", "example.com", "/chat", "http://example.com", "stream://example.com", "ws:", "ws://", "ws:///path", "ws://:80/",
		"ws:example.com", "ws://example.com/#there", "ws://example.com/#", "ws://example.com:65536/", "ws://example.com:0/",
		"ws://example.com:port/", "ws://a:b:c/", "ws://[::1/", "ws://a b/", "ws://ex\r\nample.com/", "ws://example.com/%zz",
		"ws://user%3Aname:secret@example.com/", "ws://user:secret@exa\\mple.com/", "ws://example.com/?\x7f", "ws://exämple.com", "ws://h?a b",
	} {
		_, err := driver.NewClient(url, driver.Config{})
		require.ErrorIs(t, err, driver.ErrInvalidURL, "%q", url)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestD18Request(t *testing.T) {
	c, err := driver.NewClient("wss://alice:secret@example.com/chat?x=1", driver.Config{
		Subprotocols: []string{"foo", "bar"},
		Extensions:   []protocol.Negotiator{fake{name: "fake", rsv: protocol.RSV1}},
		Header:       protocol.Header{"Origin": {"https://example.com"}},
	})
	require.NoError(t, err)
	out := string(c.Output())
	require.Empty(t, c.Output())
	_, rest, _ := strings.Cut(out, "Sec-WebSocket-Key: ")
	key, _, _ := strings.Cut(rest, "\r\n")
	nonce, err := base64.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	require.Len(t, nonce, 16)
	require.Equal(t, "GET /chat?x=1 HTTP/1.1\r\n"+
		"Host: example.com\r\n"+
		"Upgrade: websocket\r\n"+
		"Connection: Upgrade\r\n"+
		"Sec-WebSocket-Key: "+key+"\r\n"+
		"Sec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Protocol: foo, bar\r\n"+
		"Sec-WebSocket-Extensions: fake\r\n"+
		"Authorization: Basic YWxpY2U6c2VjcmV0\r\n"+
		"Origin: https://example.com\r\n\r\n", out)

	_, again := newClient(t, driver.Config{})
	require.NotEqual(t, key, again.Header.Get("Sec-WebSocket-Key"))
}

func TestD18AuthorizationOfTheUsersOwn(t *testing.T) {
	header := protocol.Header{"authorization": {"Bearer x"}}
	c, err := driver.NewClient("ws://alice@example.com/", driver.Config{Header: header})
	require.NoError(t, err)
	require.Equal(t, []string{"Bearer x"}, requestOf(t, c).Header["Authorization"])

	c, err = driver.NewClient("ws://alice@example.com/", driver.Config{})
	require.NoError(t, err)
	require.Equal(t, []string{"Basic YWxpY2U6"}, requestOf(t, c).Header["Authorization"])
	require.Equal(t, protocol.Header{"authorization": {"Bearer x"}}, header)
}

func TestD19Failures(t *testing.T) {
	tests := []struct {
		name   string
		change func(welcome string) string
		status int
		reason string
	}{
		{"another status", replace("101 Switching Protocols", "200 OK"), 200, "server did not switch protocols"},
		{"Upgrade is missing", replace("Upgrade: websocket\r\n", ""), 101, "Upgrade is not websocket"},
		{"Upgrade is wrong", replace("Upgrade: websocket", "Upgrade: h2c"), 101, "Upgrade is not websocket"},
		{"Connection is missing", replace("Connection: Upgrade\r\n", ""), 101, "Connection does not name upgrade"},
		{"Connection is wrong", replace("Connection: Upgrade", "Connection: close"), 101, "Connection does not name upgrade"},
		{"Accept is missing", replace("Sec-WebSocket-Accept", "X"), 101, "Sec-WebSocket-Accept does not answer our key"},
		{"Accept is wrong", replace("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x"), 101, "Sec-WebSocket-Accept does not answer our key"},
		{"a subprotocol that was not offered", replace("Connection", "Sec-WebSocket-Protocol: baz\r\nConnection"), 101, "subprotocol was not offered"},
		{"an extension that was not offered", replace("Connection", "Sec-WebSocket-Extensions: baz\r\nConnection"), 101, "extension was not offered"},
		{"an extension whose answer we refuse", replace("Connection", "Sec-WebSocket-Extensions: fake; bad\r\nConnection"), 101, "websocket: extension fake: bad parameter"},
		{"no HTTP", func(string) string { return "SSH-2.0-OpenSSH\r\n\r\n" }, 0, "response is not HTTP/1"},
		{"a malformed field", replace("Upgrade: ", "Upgrade : "), 101, "response: header line has no valid name"},
		{"an endless head", func(w string) string { return w[:40] + strings.Repeat("x", 70_000) }, 0, "response: head is too long"},
		{"interim responses without end", func(w string) string { return strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 6) + w }, 103, "server did not switch protocols"},
	}
	for _, test := range tests {
		for _, size := range []int{1 << 20, 7} {
			t.Run(test.name, func(t *testing.T) {
				c, r := newClient(t, driver.Config{
					Subprotocols: []string{"foo"},
					Extensions:   []protocol.Negotiator{fake{name: "fake", rsv: protocol.RSV1}},
				})
				require.NoError(t, c.Text("never sent"))
				got := play(c, test.change(welcomeTo(r))+fromServer(whole(protocol.OpText), "ignored"), size)
				require.Len(t, got, 1)
				e := handshakeError(t, c)
				require.Equal(t, test.status, e.Status)
				require.Equal(t, test.reason, e.Reason)
				require.Empty(t, c.Output())
			})
		}
	}
}

func replace(old, by string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, by, 1) }
}

func TestD19RefusalCanBeRead(t *testing.T) {
	refusal := "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 100000\r\n\r\n"
	for _, size := range []int{1 << 20, 1} {
		c, _ := newClient(t, driver.Config{})
		require.Nil(t, c.Response())
		body := strings.Repeat("go away ", 5)
		require.Len(t, play(c, refusal+body, size), 1)
		require.Equal(t, 401, c.Response().Status)
		require.Equal(t, "Basic", c.Response().Header.Get("WWW-Authenticate"))
		require.Equal(t, "Basic", handshakeError(t, c).Header.Get("WWW-Authenticate"))
		require.Equal(t, body, string(c.Body()))
		require.Empty(t, play(c, strings.Repeat("x", 100_000), 1000)) // a body without end is not kept
		require.Len(t, c.Body(), driver.MaxRefusalBody)
	}
}

func TestD19AnswersThatAreGood(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"no reason phrase":          replace("101 Switching Protocols", "101 "),
		"not even the space":        replace("101 Switching Protocols", "101"),
		"Connection is a list":      replace("Connection: Upgrade", "Connection: keep-alive, upgrade"),
		"Upgrade in capitals":       replace("websocket", "WebSocket"),
		"an interim response":       func(w string) string { return "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + w },
		"several interim responses": func(w string) string { return strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 5) + w },
		"nothing of note":           func(w string) string { return w },
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1 << 20, 1} {
				c, r := newClient(t, driver.Config{})
				wire := change(welcomeTo(r)) + fromServer(whole(protocol.OpText), "glued")
				require.Equal(t, []string{"open", "text: glued"}, play(c, wire, size))
				require.Equal(t, 101, c.Response().Status)
				require.Empty(t, c.Body())
				require.Empty(t, c.Extensions())
			}
		})
	}
}

func TestD8ClientTakesWhatItOffered(t *testing.T) {
	c, r := newClient(t, driver.Config{Subprotocols: []string{"foo", "bar"}})
	require.Equal(t, "foo, bar", r.Header.Get("Sec-WebSocket-Protocol"))
	play(c, welcomeTo(r, "Sec-WebSocket-Protocol: bar"))
	require.Equal(t, "bar", c.Subprotocol())
	c, r = newClient(t, driver.Config{Subprotocols: []string{"foo", "bar"}})
	play(c, welcomeTo(r))
	require.Equal(t, driver.StateOpen, c.State())
	require.Empty(t, c.Subprotocol())
}
