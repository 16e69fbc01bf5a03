package upgrade_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// redirects answers with a redirect.
func redirects(status int, location string, more ...string) func(net.Conn) {
	return says(fmt.Sprintf("HTTP/1.1 %d \r\nLocation: %s\r\n%sContent-Length: 5\r\n\r\nmoved", status, location, strings.Join(more, "")))
}

// withRedirects runs a test in virtual time with a dialer that follows up to ten.
func withRedirects(t *testing.T, test func(t *testing.T, n *network, d *upgrade.Dialer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		test(t, n, &upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, CheckRedirect: upgrade.FollowRedirects(10)})
	})
}

// arrives upgrades requests and hands them over.
func (n *network) arrives(addr string) <-chan *protocol.Request {
	requests := make(chan *protocol.Request, 10)
	n.plays(addr, func(nc net.Conn) {
		r, err := readHead(nc)
		if err != nil {
			return
		}
		requests <- r
		_, _ = io.WriteString(nc, switching+protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n"+bytesOf(n.t, ""))
		finish(nc)
		_, _ = io.Copy(io.Discard, nc)
	})
	return requests
}

func TestDialerFollowsRedirectsOfNetHTTP(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/shout/", serve(echo, quiet))
	mux.Handle("/old", http.RedirectHandler("/shout", http.StatusFound)) // which the mux redirects once more
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		entrance := httptest.NewServer(http.RedirectHandler(server.URL+"/old?x", status))
		d := upgrade.Dialer{CheckRedirect: upgrade.FollowRedirects(3)}
		c, resp, err := d.Dial(t.Context(), strings.Replace(entrance.URL, "http", "ws", 1))
		require.NoError(t, err)
		require.Equal(t, strings.Replace(server.URL, "http", "ws", 1)+"/shout/", resp.Request.URL.String())
		require.Equal(t, 307, resp.Request.Response.StatusCode, "the redirect before")
		converse(t, c)
		d.CheckRedirect = upgrade.FollowRedirects(2)
		c, resp, err = d.Dial(t.Context(), strings.Replace(entrance.URL, "http", "ws", 1))
		refused, body := refusal(t, c, resp, err)
		require.Equal(t, 307, refused.Status)
		require.Contains(t, body, "Temporary Redirect")
		require.Equal(t, "/shout/", resp.Header.Get("Location"))
		require.ErrorContains(t, err, "stopped after 2 redirects")
		entrance.Close()
	}
}

func TestRedirectsAreNotFollowedByDefault(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(302, "ws://elsewhere/"))
		d.CheckRedirect = nil
		c, resp, err := d.Dial(t.Context(), "ws://server/")
		refused, body := refusal(t, c, resp, err)
		require.Equal(t, 302, refused.Status)
		require.Equal(t, "moved", body)
		require.EqualError(t, err, `upgrade: 302 Found: server did not switch protocols: Location "ws://elsewhere/": "moved"`)
		require.Equal(t, []string{"server:80"}, n.dialed)
	})
}

func TestRedirectLocations(t *testing.T) {
	for location, want := range map[string]string{
		"/other?q":                     "ws://server/other?q",
		"other":                        "ws://server/a/other",
		"?q":                           "ws://server/a/b?q",
		"//elsewhere:8080/x":           "ws://elsewhere:8080/x",
		"http://elsewhere":             "ws://elsewhere",
		"https://elsewhere/":           "wss://elsewhere/",
		"wss://elsewhere:8443/":        "wss://elsewhere:8443/",
		"HTTP://Elsewhere/":            "ws://Elsewhere/",
		"ws://user:secret@elsewhere/":  "ws://elsewhere/",
		"http://elsewhere/page#anchor": "ws://elsewhere/page",
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			n.plays("server:80", redirects(302, location))
			var next *http.Request
			d.CheckRedirect = func(r *http.Request, via []*http.Request) error {
				require.Len(t, via, 1)
				require.Equal(t, "ws://server/a/b", via[0].URL.String())
				require.Equal(t, 302, r.Response.StatusCode)
				next = r
				return http.ErrUseLastResponse
			}
			_, _, err := d.Dial(t.Context(), "ws://server/a/b")
			require.ErrorContains(t, err, "302 Found: server did not switch protocols")
			require.Equal(t, want, next.URL.String())
			require.Empty(t, next.Header.Get("Authorization"), "user names in a Location are not used")
		})
	}
}

func TestRow19RedirectsThatLeadNowhereAreTypedErrors(t *testing.T) {
	for location, what := range map[string]string{
		"ftp://elsewhere/":   "is not ws or wss",
		"javascript:alert()": "is not ws or wss",
		"http:///path":       "no host",
		"ws://:80/":          "no host",
		"http://[::1/":       "not a URL",
		"%zz":                "not a URL",
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			n.plays("server:80", redirects(301, location))
			c, resp, err := d.Dial(t.Context(), "ws://server/")
			refused, body := refusal(t, c, resp, err)
			require.Equal(t, 301, refused.Status)
			require.Equal(t, "redirect was not followed", refused.Reason)
			require.Equal(t, "moved", body)
			require.ErrorContains(t, err, what)
		})
	}
	for _, head := range []string{
		"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 300 Choices\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 304 Same\r\nLocation: /\r\n\r\n", "HTTP/1.1 200 OK\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			n.plays("server:80", says(head))
			c, resp, err := d.Dial(t.Context(), "ws://server/")
			refusal(t, c, resp, err)
			require.Equal(t, []string{"server:80"}, n.dialed)
		})
	}
}

func TestRedirectsInACircleEnd(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(307, "/"))
		c, resp, err := d.Dial(t.Context(), "ws://server/")
		refused, _ := refusal(t, c, resp, err)
		require.Equal(t, 307, refused.Status)
		require.ErrorContains(t, err, "stopped after 10 redirects")
		require.Len(t, n.dialed, 11)
	})
}

func TestRedirectPolicyDecides(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(307, "ws://elsewhere/"))
		arrived := n.arrives("elsewhere:80")
		no := errors.New("not there")
		d.CheckRedirect = func(*http.Request, []*http.Request) error { return no }
		c, resp, err := d.Dial(t.Context(), "ws://server/")
		refusal(t, c, resp, err)
		require.ErrorIs(t, err, no)

		d.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
			next.Header.Set("Authorization", "Bearer for elsewhere")
			return nil
		}
		d.Header = http.Header{"Authorization": {"Bearer for server"}}
		c, _, err = d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, "Bearer for elsewhere", (<-arrived).Header.Get("Authorization"))

		d.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
			next.URL.Scheme = "ftp"
			return nil
		}
		c, resp, err = d.Dial(t.Context(), "ws://server/")
		refusal(t, c, resp, err)
		require.ErrorContains(t, err, "is not ws or wss")
	})
}

func TestRedirectFromTLSToPlainIsThePolicysToAllow(t *testing.T) {
	serverTLS, roots := certified(t, "server")
	n := newNetwork(t)
	n.serves("server:443", http.RedirectHandler("http://server/plain", http.StatusFound), serverTLS)
	arrived := n.arrives("server:80")
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, TLS: roots, CheckRedirect: upgrade.FollowRedirects(10)}
	d.Header = http.Header{"Authorization": {"Bearer x"}}
	c, resp, err := d.Dial(t.Context(), "wss://server/")
	refusal(t, c, resp, err)
	require.ErrorContains(t, err, "from wss to ws")
	require.Equal(t, []string{"server:443"}, n.dialed)

	d.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	c, _, err = d.Dial(t.Context(), "wss://server/")
	require.NoError(t, err)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.Empty(t, (<-arrived).Header.Get("Authorization"), "it is another origin")
}

// credentials are fields that go to no other origin, in any spelling.
var credentials = http.Header{
	"Authorization": {"Bearer x"}, "cookie": {"a=b"}, "Cookie2": {"c"}, "PROXY-AUTHORIZATION": {"d"}, "Www-Authenticate": {"e"},
	"Proxy-Authenticate": {"f"}, "Origin": {"http://page"}, "X-Other": {"stays"},
}

func TestRow19CredentialsStayWithTheirOrigin(t *testing.T) {
	for location, same := range map[string]bool{
		"/other": true, "ws://server/other": true, "http://SERVER:80/other": true, "//server:/other": true,
		"ws://elsewhere/": false, "ws://sub.server/": false, "ws://server:8080/": false, "ws://server.:80/": false,
		"ws://server:80@elsewhere/": false,
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			target, err := (&url.URL{Scheme: "ws", Host: "server"}).Parse(location)
			require.NoError(t, err)
			if same {
				first := true
				arrived := n.arrivesAfter(&first, redirects(302, location))
				require.NoError(t, dialAndClose(t, d, "ws://server/"))
				r := <-arrived
				for name, values := range credentials {
					require.Equal(t, values, r.Header.Values(name), "%s to %s", name, location)
				}
				require.Equal(t, "server", strings.ToLower(r.Host))
				return
			}
			n.plays("server:80", redirects(302, location))
			port := target.Port()
			if port == "" {
				port = "80"
			}
			arrived := n.arrives(net.JoinHostPort(target.Hostname(), port))
			require.NoError(t, dialAndClose(t, d, "ws://server/"))
			r := <-arrived
			for _, name := range []string{"Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Www-Authenticate", "Proxy-Authenticate"} {
				require.Empty(t, r.Header.Values(name), "%s to %s", name, location)
			}
			require.Equal(t, "stays", r.Header.Get("X-Other"))
			require.Equal(t, "http://page", r.Header.Get("Origin"))
			require.Equal(t, "a, b", r.Header.Get("Sec-WebSocket-Protocol"))
		})
	}
}

func dialAndClose(t *testing.T, d *upgrade.Dialer, target string) error {
	t.Helper()
	d.Header, d.Subprotocols = credentials, []string{"a", "b"}
	c, _, err := d.Dial(t.Context(), target)
	if err == nil {
		err = c.Close(protocol.CloseNormal, "")
	}
	return err
}

// arrivesAfter plays the first connection to server:80 in another way.
func (n *network) arrivesAfter(first *bool, play func(net.Conn)) <-chan *protocol.Request {
	arrived := n.arrives("behind:80")
	behind := n.hosts["behind:80"]
	n.plays("server:80", func(nc net.Conn) {
		if *first {
			*first = false
			play(nc)
			return
		}
		through, err := behind.DialContext(n.t.Context(), "tcp", "")
		if err == nil {
			splice(nc, nc, through)
		}
	})
	return arrived
}

func TestUserOfTheURLAndAuthorizationFunctionStayWithTheirOrigin(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(302, "ws://elsewhere/"))
		n.plays("elsewhere:80", redirects(302, "ws://server:8080/back"))
		arrived := n.arrives("server:8080")
		c, _, err := d.Dial(t.Context(), "ws://user:secret@server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Empty(t, (<-arrived).Header.Get("Authorization"))

		first := true
		back := n.arrivesAfter(&first, redirects(302, "ws://elsewhere2/"))
		n.plays("elsewhere2:80", redirects(302, "ws://server/"))
		c, _, err = d.Dial(t.Context(), "ws://user:secret@server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Empty(t, (<-back).Header.Get("Authorization"), "nor do they come back")

		first = true
		stays := n.arrivesAfter(&first, redirects(302, "ws://server/other"))
		c, _, err = d.Dial(t.Context(), "ws://user:secret@server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, "Basic dXNlcjpzZWNyZXQ=", (<-stays).Header.Get("Authorization"))
	})
}

func TestCookiesOfRedirectsAreKept(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		d.Jar = jar
		d.Header = http.Header{"Cookie": {"session=old; theme=dark"}}
		first := true
		arrived := n.arrivesAfter(&first, redirects(302, "/other", "Set-Cookie: session=new\r\n", "Set-Cookie: far=1; Path=/far\r\n"))
		c, _, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, []string{"theme=dark; session=new"}, (<-arrived).Header.Values("Cookie"))
	})
}

func TestCookiesOfTheJarGoWhereTheyAreFor(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		jar.SetCookies(&url.URL{Scheme: "http", Host: "server", Path: "/a"}, []*http.Cookie{{Name: "a", Value: "1", Path: "/a"}})
		d.Jar = jar
		first := true
		arrived := n.arrivesAfter(&first, redirects(302, "/b"))
		c, _, err := d.Dial(t.Context(), "ws://server/a")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Empty(t, (<-arrived).Header.Values("Cookie"))
	})
}

func TestCredentialsThatThePolicySetsStayWithTheirOrigin(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(302, "ws://second/"))
		n.plays("second:80", redirects(302, "ws://third/"))
		arrived := n.arrives("third:80")
		d.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
			if next.URL.Host == "second" {
				next.Header["authorization"] = []string{"Bearer for second"}
			}
			return nil
		}
		c, _, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Empty(t, (<-arrived).Header.Values("Authorization"))
	})
}
