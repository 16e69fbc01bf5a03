package e2e_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// handshake is the header of an upgrade request as it should be.
var handshake = map[string]string{
	"Connection": "Upgrade", "Upgrade": "websocket",
	"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}

// but returns the header of an upgrade request with one field that is other than it should be; empty, it is left out.
func but(name, value string) map[string]string {
	header := map[string]string{name: value}
	for n, v := range handshake {
		if n != name {
			header[n] = v
		}
	}
	return header
}

// plain are requests that get a response and no connection.
var plain = []struct {
	name   string
	method string
	path   string
	header map[string]string
	status int
	want   map[string]string // of the response's header
}{
	{"the page", "GET", "/", nil, 200, map[string]string{"Content-Type": "text/html; charset=utf-8"}},
	{"the page's head", "HEAD", "/", nil, 200, map[string]string{"Content-Type": "text/html; charset=utf-8"}},
	{"a post to the page", "POST", "/", nil, 405, map[string]string{"Allow": "GET, HEAD"}},
	{"another path", "GET", "/nowhere", nil, 404, nil},
	{"an upgrade of another path", "GET", "/nowhere", handshake, 404, nil},
	{"the greeter without an upgrade", "GET", "/greeter", nil, 426, map[string]string{
		"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Version": "13",
	}},
	{"a version that nobody speaks", "GET", "/greeter", but("Sec-WebSocket-Version", "8"), 426, map[string]string{
		"Sec-Websocket-Version": "13",
	}},
	{"a key that is not 16 bytes", "GET", "/greeter", but("Sec-WebSocket-Key", "c2hvcnQ="), 400, nil},
	{"a key that is not base64", "GET", "/greeter", but("Sec-WebSocket-Key", "!"), 400, nil},
	{"no key", "GET", "/greeter", but("Sec-WebSocket-Key", ""), 400, nil},
	{"a post that asks for an upgrade", "POST", "/greeter", handshake, 405, map[string]string{"Allow": "GET"}},
	{"a page of another site", "GET", "/greeter", but("Origin", "https://evil.example"), 403, nil},
	{"a page of no site", "GET", "/greeter", but("Origin", "null"), 403, nil},
}

func TestGreeterAnswersRequestsThatAreNoHandshake(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			greeter := startServer(t, "greeter", scheme)
			client := http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // its certificate is its own
			}}
			defer client.CloseIdleConnections()
			for _, p := range plain {
				t.Run(p.name, func(t *testing.T) {
					r, err := http.NewRequestWithContext(within(t), p.method, greeter.url+p.path, nil)
					require.NoError(t, err)
					for name, value := range p.header {
						if value != "" {
							r.Header.Set(name, value)
						}
					}
					resp, err := client.Do(r)
					require.NoError(t, err)
					defer resp.Body.Close()
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.Equal(t, p.status, resp.StatusCode, "%s", body)
					for name, value := range p.want {
						require.Equal(t, value, strings.Join(resp.Header.Values(name), ", "), name)
					}
					if p.method != "HEAD" {
						require.NotEmpty(t, bytes.TrimSpace(body), "the reason")
					}
				})
			}
		})
	}
}

func TestGreeterServesItsPage(t *testing.T) {
	page, err := os.ReadFile("../examples/greeter/page.html")
	require.NoError(t, err)
	greeter := startServer(t, "greeter", "http")
	resp, err := http.Get(greeter.url + "/")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, string(page), string(body))
}

func TestGreeterLetsPagesOfItsOwnOriginConnect(t *testing.T) {
	eachPeerAndScheme(t, func(t *testing.T, p *peer, scheme string) {
		greeter := startServer(t, "greeter", scheme)
		for origin, status := range map[string]int{
			greeter.url:                   101,
			"https://evil.example":        403,
			greeter.url + ".evil.example": 403,
		} {
			require.Equal(t, status, p.call(t, request{Op: "connect", URL: greeter.ws("/greeter"), Origin: origin}).Status, origin)
		}
	})
}
