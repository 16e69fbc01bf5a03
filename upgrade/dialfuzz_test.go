package upgrade_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

// dialInto dials a server, or a proxy, that says something and nothing more.
func dialInto(t *testing.T, says []byte, reads wire.Chunking, change func(d *upgrade.Dialer)) error {
	t.Helper()
	client, server := wire.Pipe(wire.Options{ClientReads: reads})
	through := make(chan struct{})
	go func() {
		defer close(through)
		if _, err := readHead(server); err == nil {
			_, _ = server.Write(says)
			_ = server.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, server)
	}()
	first := true
	d := &upgrade.Dialer{Settings: quiet, DialContext: func(context.Context, string, string) (net.Conn, error) {
		if !first {
			return nil, errors.New("no second connection")
		}
		first = false
		return client, nil
	}}
	change(d)
	c, _, err := d.Dial(t.Context(), "ws://server/")
	require.Nil(t, c, "an answer that does not know the key is no upgrade")
	require.Error(t, err)
	if first {
		_ = client.Close()
	}
	<-through // which it is once the client's end is closed
	return err
}

// What no server that knows our key says opens no connection, leaves none open, and is judged the same in whatever
// pieces it comes.
func FuzzDialAnswer(f *testing.F) {
	for _, says := range []string{
		switching + "abc\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno",
		"HTTP/1.1 200 OK\r\n\r\n" + switching + "\r\n\r\n", "HTTP/1.1 407 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
		"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 101 x\r\n", "",
	} {
		f.Add([]byte(says), false)
		f.Add([]byte(says), true)
	}
	f.Fuzz(func(t *testing.T, says []byte, viaProxy bool) {
		change := func(d *upgrade.Dialer) {
			d.CheckRedirect = upgrade.FollowRedirects(1)
			if viaProxy {
				d.Proxy = proxyURL("http://proxy")
			}
		}
		whole := dialInto(t, says, wire.Whole, change)
		pieces := dialInto(t, says, wire.ByteByByte, change)
		require.Equal(t, whole.Error(), pieces.Error())
		for _, c := range whole.Error() {
			require.False(t, c < ' ' || c == 0x7F, "control character in %q", whole)
		}
	})
}

// Whatever a Location says, the next request goes to a WebSocket URL, names a host, and takes credentials only to
// the origin that they are for.
func FuzzRedirectLocation(f *testing.F) {
	for _, location := range []string{
		"/", "//elsewhere", "http://user@server:80/a#b", "wss://server", "ws://[::1%25a]:8/", "ws:opaque", "?", "\\\\elsewhere", "ws://server:80@elsewhere/",
		"wss://server:80/",
	} {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		answer := "HTTP/1.1 302 x\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n"
		_ = dialInto(t, []byte(answer), wire.Whole, func(d *upgrade.Dialer) {
			d.Header = http.Header{"Authorization": {"Bearer x"}, "Cookie": {"a=b"}}
			d.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
				require.True(t, next.URL.Scheme == "ws" || next.URL.Scheme == "wss")
				require.NotEmpty(t, next.URL.Hostname())
				require.Nil(t, next.URL.User)
				require.Empty(t, next.URL.Fragment)
				again, err := url.Parse(next.URL.String())
				require.NoError(t, err)
				require.Equal(t, next.URL.Host, again.Host)
				port := next.URL.Port()
				same := next.URL.Scheme == "ws" && strings.EqualFold(next.URL.Hostname(), "server") && (port == "" || port == "80")
				require.Equal(t, same, next.Header.Get("Authorization") != "")
				require.Equal(t, same, next.Header.Get("Cookie") != "")
				return http.ErrUseLastResponse
			}
		})
	})
}
