package upgrade_test

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A token read from a file often ends with a newline. It is refused, and must not end up in a log for that.
func TestARefusedHeaderIsNotQuoted(t *testing.T) {
	n := newNetwork(t)
	n.plays("server:80", finish)
	n.plays("proxy:8080", finish)
	for name, change := range map[string]func(d *upgrade.Dialer){
		"Authorization": func(d *upgrade.Dialer) {
			d.Authorization = func(context.Context) (string, error) { return "Bearer s3cret\n", nil }
		},
		"Header": func(d *upgrade.Dialer) { d.Header = http.Header{"Cookie": {"session=s3cret\n"}} },
		"ProxyConnectHeader": func(d *upgrade.Dialer) {
			d.Proxy = proxyAt(t, "http://proxy:8080")
			d.ProxyConnectHeader = http.Header{"Proxy-Authorization": {"Bearer s3cret\n"}}
		},
	} {
		d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext}
		change(&d)
		_, _, err := d.Dial(t.Context(), "ws://server/")
		require.ErrorIs(t, err, protocol.ErrInvalidHeader, name)
		require.NotContains(t, err.Error(), "s3cret", name)
	}
}

// The cookies of the jar come besides all those of Header.
func TestCookiesInSeveralFieldsStayBesideThoseOfTheJar(t *testing.T) {
	n := newNetwork(t)
	arrived := n.arrives("server:80")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	jar.SetCookies(&url.URL{Scheme: "http", Host: "server"}, []*http.Cookie{{Name: "c", Value: "3"}})
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Jar: jar, Header: http.Header{"Cookie": {"a=1", "b=2"}}}
	c, _, err := d.Dial(t.Context(), "ws://server/")
	require.NoError(t, err)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.Equal(t, "a=1; b=2; c=3", strings.Join((<-arrived).Header["Cookie"], "; "))
}

// A CheckRedirect may put another header, and also none, into the next request.
func TestARedirectWithoutAHeaderStillGetsCookies(t *testing.T) {
	n := newNetwork(t)
	n.plays("server:80", redirects(307, "ws://elsewhere/"))
	arrived := n.arrives("elsewhere:80")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	jar.SetCookies(&url.URL{Scheme: "http", Host: "elsewhere"}, []*http.Cookie{{Name: "c", Value: "3"}})
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Jar: jar}
	d.CheckRedirect = func(next *http.Request, _ []*http.Request) error { next.Header = nil; return nil }
	c, _, err := d.Dial(t.Context(), "ws://server/")
	require.NoError(t, err)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.Equal(t, []string{"c=3"}, (<-arrived).Header["Cookie"])
}

// A closeCounter counts its first Close.
type closeCounter struct {
	net.Conn
	open   *atomic.Int32
	closed atomic.Bool
}

func (c *closeCounter) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

type panickingJar struct{ http.CookieJar }

func (panickingJar) Cookies(*url.URL) []*http.Cookie { panic("jar") }

// A panic of the user's goes through Dial; the connection does not stay open for it.
func TestAPanicInsideDialLeavesNoConnectionOpen(t *testing.T) {
	n := newNetwork(t)
	n.plays("server:80", redirects(307, "/"))
	var open atomic.Int32
	for name, change := range map[string]func(d *upgrade.Dialer){
		"CheckRedirect": func(d *upgrade.Dialer) {
			d.CheckRedirect = func(*http.Request, []*http.Request) error { panic("check") }
		},
		"Jar": func(d *upgrade.Dialer) { d.Jar = panickingJar{} },
	} {
		d := upgrade.Dialer{Settings: quiet, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := n.DialContext(ctx, network, addr)
			open.Add(1)
			return &closeCounter{Conn: nc, open: &open}, err
		}}
		change(&d)
		require.Panics(t, func() { _, _, _ = d.Dial(t.Context(), "ws://server/") }, name)
		require.Zero(t, open.Load(), name)
	}
}

// What a server behind has answered is no answer to our client: not its cookies, and not its 101.
func TestARefusalOfADialIsNotPassedOnAsOurs(t *testing.T) {
	n := newNetwork(t)
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext}
	for addr, answer := range map[string]string{
		"ok:80":     "HTTP/1.1 200 OK\r\nSet-Cookie: inner=1\r\nContent-Length: 0\r\n\r\n",
		"switch:80": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
	} {
		n.plays(addr, says(answer))
		var u upgrade.Upgrader
		u.Settings = quiet
		front := httptest.NewServer(u.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
			c, _, err := d.Dial(q.Context(), "ws://"+addr+"/")
			if err != nil {
				return nil, err
			}
			return c.Flow(), nil
		}))
		_, resp, err := new(upgrade.Dialer).Dial(t.Context(), strings.Replace(front.URL, "http", "ws", 1))
		require.Error(t, err)
		require.Equal(t, http.StatusInternalServerError, resp.StatusCode, addr)
		require.Empty(t, resp.Cookies())
		front.Close()
	}
}

func TestAnEmptyAuthorizationIsNone(t *testing.T) {
	n := newNetwork(t)
	arrived := n.arrives("server:80")
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Authorization: func(context.Context) (string, error) { return "", nil }}
	c, _, err := d.Dial(t.Context(), "ws://server/")
	require.NoError(t, err)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.NotContains(t, (<-arrived).Header, "Authorization")
}

func TestTheResponseOfAProxyHasARequest(t *testing.T) {
	n := newNetwork(t)
	n.plays("proxy:8080", says("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"))
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Proxy: proxyAt(t, "http://proxy:8080")}
	_, resp, err := d.Dial(t.Context(), "ws://server/")
	require.Error(t, err)
	require.Equal(t, 407, resp.StatusCode)
	require.Equal(t, http.MethodConnect, resp.Request.Method)
	require.Equal(t, "server:80", resp.Request.URL.Host)
}
