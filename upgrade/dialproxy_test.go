package upgrade_test

import (
	"context"
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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// converse has an echo of 100 messages and a large one, and closes.
func converse(t *testing.T, c *upgrade.Conn) {
	t.Helper()
	var words []string
	for i := range 100 {
		words = append(words, fmt.Sprint("word ", i))
	}
	words = append(words, strings.Repeat("x", 300_000))
	heard, err := flow.Collect(t.Context(), flow.Map(c.Flow()(flow.Map(flow.Of(words...), message.Text)), message.Message.Text))
	require.NoError(t, err)
	require.Equal(t, words, heard)
}

func proxyAt(t *testing.T, raw string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return http.ProxyURL(u)
}

func TestDialerThroughProxiesOnLoopback(t *testing.T) {
	for _, secure := range []bool{false, true} {
		server := wstest.NewServer(t, serve(echo, quiet), wstest.Wire{TCP: true, TLS: secure})
		scheme := strings.Split(server.URL(""), ":")[0]
		// The name is known to the proxies only.
		resolve := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if !strings.HasPrefix(addr, "server:") {
				return nil, errors.New("no such host")
			}
			return new(net.Dialer).DialContext(ctx, network, server.Addr().String())
		}
		proxy := newConnectProxy(resolve)
		proxy.users = "Basic dXNlcjpzZWNyZXQ="
		plain, over := httptest.NewServer(proxy), httptest.NewTLSServer(proxy)
		defer plain.Close()
		defer over.Close()
		socks := &socksProxy{dial: resolve, user: "user:secret", asked: make(chan string, 10)}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		go func() {
			for {
				nc, err := l.Accept()
				if err != nil {
					return
				}
				go func() { defer nc.Close(); socks.serve(nc) }()
			}
		}()
		for kind, at := range map[string]string{
			"http": plain.Listener.Addr().String(), "https": over.Listener.Addr().String(),
			"socks5": l.Addr().String(), "socks5h": l.Addr().String(),
		} {
			t.Run(scheme+" through "+kind, func(t *testing.T) {
				d := server.Dialer()
				d.DialContext = nil
				d.Proxy = proxyAt(t, kind+"://user:secret@"+at)
				d.ProxyTLS = over.Client().Transport.(*http.Transport).TLSClientConfig
				c, resp, err := d.Dial(t.Context(), scheme+"://server:8080/")
				require.NoError(t, err)
				require.Equal(t, 101, resp.StatusCode)
				require.Equal(t, secure, c.TLS() != nil, "it tells of the server's TLS, not of the proxy's")
				require.Equal(t, at, c.RemoteAddr().String())
				converse(t, c)
				if strings.HasPrefix(kind, "socks") {
					require.Equal(t, "server:8080", <-socks.asked, "it is the proxy that resolves")
					return
				}
				asked := <-proxy.asked
				require.Equal(t, "server:8080", asked.RequestURI)
				require.Equal(t, "server:8080", asked.Host)
				require.Equal(t, "keep-alive", asked.Header.Get("Proxy-Connection"))
			})
		}
	}
}

// onNetwork runs a test in virtual time with a dialer through http://proxy:3128.
func onNetwork(t *testing.T, test func(t *testing.T, n *network, d *upgrade.Dialer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		test(t, n, &upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Proxy: proxyAt(t, "http://proxy:3128")})
	})
}

func TestRow20ProxyRefusalHasStatusHeaderAndBody(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		proxy := newConnectProxy(n.DialContext)
		proxy.users = "Basic dXNlcjpzZWNyZXQ="
		n.serves("proxy:3128", proxy, nil)
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		d.Jar = jar
		d.Proxy = proxyAt(t, "http://user:wrong@proxy:3128")
		c, resp, err := d.Dial(t.Context(), "ws://server/")
		require.Nil(t, c)
		var refused *upgrade.ProxyError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, 407, refused.Status)
		require.Equal(t, `Basic realm="the proxy"`, refused.Header.Get("Proxy-Authenticate"))
		require.Equal(t, "http://proxy:3128", refused.Proxy)
		require.EqualError(t, err, `upgrade: dial: proxy http://proxy:3128: 407 Proxy Authentication Required: proxy did not connect: "who are you?"`)
		require.Equal(t, 407, resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, "who are you?\n", string(body))
		require.Empty(t, jar.Cookies(&url.URL{Scheme: "http", Host: "server"}), "a proxy sets no cookies of the server")
		require.Equal(t, []string{"proxy:3128"}, n.dialed)
	})
}

func TestRow20ProxysAnswersThatAreNone(t *testing.T) {
	for name, test := range map[string]struct {
		says   string
		status int
		what   string
	}{
		"endless head":           {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20), 0, "head is too long"},
		"endless header lines":   {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: x\r\n", 1000), 0, "too many header lines"},
		"endless interim ones":   {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), 100, "too many interim responses"},
		"no HTTP":                {"SSH-2.0-OpenSSH\r\n\r\n", 0, "not HTTP/1"},
		"bad line":               {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 200, "no valid name"},
		"101":                    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101, "did not connect"},
		"redirect":               {"HTTP/1.1 302 Found\r\nLocation: http://elsewhere\r\nContent-Length: 0\r\n\r\n", 302, "did not connect"},
		"control characters":     {"HTTP/1.1 502 Bad\r\nContent-Length: 12\r\n\r\nfie\x1b[31m\r\nfoo", 502, `502 Bad: proxy did not connect: "fie\x1b[31m\r\nfo"`},
		"body that is no text":   {"HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\n\xff\xfe", 502, "502 Bad: proxy did not connect"},
		"body longer than quote": {"HTTP/1.1 502 Bad\r\nContent-Length: 900\r\n\r\n" + strings.Repeat("ö", 450), 502, strings.Repeat("ö", 100) + `"…`},
	} {
		t.Run(name, func(t *testing.T) {
			onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				n.plays("proxy:3128", says(test.says))
				d.CheckRedirect = upgrade.FollowRedirects(10)
				c, _, err := d.Dial(t.Context(), "ws://server/")
				require.Nil(t, c)
				var refused *upgrade.ProxyError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, test.status, refused.Status)
				require.ErrorContains(t, err, test.what)
				require.Equal(t, []string{"proxy:3128"}, n.dialed)
			})
		})
	}
}

func TestRow20BytesGluedToTheProxysAnswerAreKept(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		// A server that speaks first would be glued like this: the beginning of its answer, here 103 (Early Hints).
		early, tunnelled := "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", accepts(bytesOf(t, "hello"))
		n.plays("proxy:3128", func(nc net.Conn) {
			r, err := readHead(nc)
			if err != nil {
				return
			}
			assert.Equal(t, "CONNECT", r.Method)
			_, _ = io.WriteString(nc, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Fine\r\nContent-Length: 7\r\n\r\n"+early)
			tunnelled(nc)
		})
		c, resp, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.Equal(t, 101, resp.StatusCode)
		heard, err := flow.Collect(t.Context(), c.Source())
		require.NoError(t, err)
		require.Len(t, heard, 1)
		require.Equal(t, "hello", heard[0].Text())
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
	})
}

func TestRow20BytesGluedToTheProxysAnswerAreGivenToTLS(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		// An alert of TLS: handshake_failure. Only TLS can make sense of it.
		n.plays("proxy:3128", says("HTTP/1.1 200 Fine\r\n\r\n\x15\x03\x01\x00\x02\x02\x28"))
		_, _, err := d.Dial(t.Context(), "wss://server/")
		require.ErrorContains(t, err, "tls: handshake failure")
	})
}

func TestProxyHeader(t *testing.T) {
	for name, test := range map[string]struct {
		proxy  string
		header http.Header
		want   []string
	}{
		"of the URL":            {"http://user:secret@proxy:3128", nil, []string{"Basic dXNlcjpzZWNyZXQ="}},
		"without a password":    {"http://user@proxy:3128", nil, []string{"Basic dXNlcjo="}},
		"own":                   {"http://proxy:3128", http.Header{"Proxy-Authorization": {"Bearer x"}}, []string{"Bearer x"}},
		"own comes before URL":  {"http://user@proxy:3128", http.Header{"proxy-authorization": {"Bearer x"}}, []string{"Bearer x"}},
		"none":                  {"http://proxy:3128", http.Header{"User-Agent": {"test"}}, nil},
		"URL beside own fields": {"http://user@proxy:3128", http.Header{"User-Agent": {"test"}}, []string{"Basic dXNlcjo="}},
	} {
		t.Run(name, func(t *testing.T) {
			onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				proxy := newConnectProxy(n.DialContext)
				n.serves("proxy:3128", proxy, nil)
				n.plays("server:80", accepts(bytesOf(t, "")))
				d.Proxy, d.ProxyConnectHeader = proxyAt(t, test.proxy), test.header
				d.Header = http.Header{"Authorization": {"Bearer of the server"}, "Cookie": {"a=b"}}
				proxy.users = strings.Join(test.want, "")
				c, _, err := d.Dial(t.Context(), "ws://server/")
				require.NoError(t, err)
				require.NoError(t, c.Close(protocol.CloseNormal, ""))
				asked := <-proxy.asked
				require.Equal(t, test.want, asked.Header["Proxy-Authorization"])
				require.Equal(t, test.header.Get("User-Agent"), asked.Header.Get("User-Agent"))
				require.Empty(t, asked.Header["Authorization"], "what is for the server is not for the proxy")
				require.Empty(t, asked.Header["Cookie"])
			})
		})
	}
}

func TestRow18ProxyHeaderWithLineEndsIsNotSent(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("proxy:3128", func(nc net.Conn) {
			all, _ := io.ReadAll(nc)
			assert.Empty(t, all)
		})
		d.ProxyConnectHeader = http.Header{"X": {"a\r\nY: b"}}
		_, _, err := d.Dial(t.Context(), "ws://server/")
		require.ErrorIs(t, err, protocol.ErrInvalidHeader)
		synctest.Wait()
	})
}

func TestProxyFunctionIsAskedAsNetHTTPDoes(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		broken := errors.New("no settings")
		for target, want := range map[string]string{"ws://server/a?b": "http://server/a?b", "wss://user:secret@server:8080/": "https://server:8080/"} {
			d.Proxy = func(r *http.Request) (*url.URL, error) {
				require.Equal(t, want, r.URL.String())
				require.Equal(t, http.MethodGet, r.Method)
				return nil, broken
			}
			_, _, err := d.Dial(t.Context(), target)
			require.ErrorIs(t, err, broken)
		}
		for raw, what := range map[string]string{
			"ftp://proxy": "scheme of proxy", "proxy:3128": "scheme of proxy", "http://": "no host", "socks5://:1080": "no host",
			"socks4://user:secret@proxy": `"socks4://proxy"`,
		} {
			d.Proxy = proxyAt(t, raw)
			_, _, err := d.Dial(t.Context(), "ws://server/")
			require.ErrorContains(t, err, what)
		}
		require.Empty(t, n.dialed)
	})
}

func TestProxyThatCannotBeReached(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		for raw, addr := range map[string]string{
			"http://user:secret@proxy": "proxy:80", "https://proxy": "proxy:443", "socks5://user:secret@proxy": "proxy:1080",
			"socks5h://[2001:db8::1]": "[2001:db8::1]:1080",
		} {
			d.Proxy = proxyAt(t, raw)
			_, resp, err := d.Dial(t.Context(), "ws://server/")
			require.Nil(t, resp)
			var failed *upgrade.ProxyError
			require.ErrorAs(t, err, &failed)
			require.Zero(t, failed.Status)
			require.ErrorContains(t, err, "no host at tcp "+addr)
			require.NotContains(t, err.Error(), "secret")
		}
	})
}

func TestSOCKSProxyThatRefuses(t *testing.T) {
	for name, test := range map[string]struct{ user, raw, what string }{
		"wrong password":     {"user:secret", "socks5://user:wrong@proxy", "authentication failed"},
		"no password":        {"user:secret", "socks5://proxy", "no acceptable authentication"},
		"server not reached": {"", "socks5://proxy", "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				socks := &socksProxy{dial: n.DialContext, user: test.user, asked: make(chan string, 1)}
				n.plays("proxy:1080", socks.serve)
				d.Proxy = proxyAt(t, test.raw)
				_, _, err := d.Dial(t.Context(), "ws://server/")
				var failed *upgrade.ProxyError
				require.ErrorAs(t, err, &failed)
				require.ErrorContains(t, err, test.what)
			})
		})
	}
}

func TestBytesGluedToASOCKSReplyAreKept(t *testing.T) {
	onNetwork(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		tunnelled := accepts(bytesOf(t, "hello"))
		n.plays("proxy:1080", func(nc net.Conn) {
			buf := make([]byte, 100)
			_, _ = nc.Read(buf)
			_, _ = nc.Write([]byte{5, 0})
			_, _ = nc.Read(buf)
			_, _ = io.WriteString(nc, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50HTTP/1.1 103 Early Hints\r\n\r\n")
			tunnelled(nc)
		})
		d.Proxy = proxyAt(t, "socks5://proxy")
		c, _, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
	})
}

func TestTLSOfProxyAndServerAreConfiguredApart(t *testing.T) {
	serverTLS, serverRoots := certified(t, "server")
	proxyTLS, proxyRoots := certified(t, "proxy")
	dial := func(t *testing.T, change func(d *upgrade.Dialer)) error {
		t.Helper()
		n := newNetwork(t)
		n.serves("proxy:443", newConnectProxy(n.DialContext), proxyTLS)
		n.serves("server:443", serve(echo, quiet), serverTLS)
		d := &upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Proxy: proxyAt(t, "https://proxy"), TLS: serverRoots, ProxyTLS: proxyRoots}
		change(d)
		c, _, err := d.Dial(t.Context(), "wss://server/")
		if err == nil {
			require.Equal(t, "server", c.TLS().ServerName)
			converse(t, c)
		}
		return err
	}
	require.NoError(t, dial(t, func(*upgrade.Dialer) {}))
	failed := new(upgrade.ProxyError)
	err := dial(t, func(d *upgrade.Dialer) { d.ProxyTLS = nil })
	require.ErrorContains(t, err, "certificate")
	require.ErrorAs(t, err, &failed)
	err = dial(t, func(d *upgrade.Dialer) { d.TLS = nil })
	require.ErrorContains(t, err, "certificate")
	require.False(t, errors.As(err, &failed), "it is the server that is not trusted")
}

func TestPeerBehindAProxyHearsWhyItIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proxyTLS, roots := certified(t, "proxy")
		n := newNetwork(t)
		n.serves("proxy:443", newConnectProxy(n.DialContext), proxyTLS)
		left, heard := make(chan error, 1), make(chan []byte, 1)
		n.plays("server:80", func(nc net.Conn) {
			r, err := readHead(nc)
			if err != nil {
				return
			}
			_, _ = io.WriteString(nc, switching+protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n\x83\x00")
			all, _ := io.ReadAll(nc) // up to the end of the client's half
			heard <- all
			time.Sleep(time.Second)
			assert.Empty(t, left, "the client waits until we are through, too")
		})
		d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, Proxy: proxyURL("https://proxy"), ProxyTLS: roots}
		c, _, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		left <- c.Run(t.Context(), echo)
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-left, &closed)
		require.Equal(t, protocol.CloseProtocolError, closed.Code)
		require.Equal(t, byte(0x88), (<-heard)[0], "a close frame")
	})
}
