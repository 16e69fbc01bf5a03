package upgrade_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
)

// stalls are stages at which a dial can come to a halt, as a network is set up for each.
var stalls = map[string]func(n *network, d *upgrade.Dialer){
	"authorization": func(_ *network, d *upgrade.Dialer) {
		d.Authorization = func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
	},
	"choice of a proxy": func(_ *network, d *upgrade.Dialer) {
		d.Proxy = func(r *http.Request) (*url.URL, error) { <-r.Context().Done(); return nil, r.Context().Err() }
	},
	"network": func(_ *network, d *upgrade.Dialer) {
		d.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	},
	"TLS of the server":        func(n *network, _ *upgrade.Dialer) { n.plays("server:443", silent) },
	"TLS of the server, begun": func(n *network, _ *upgrade.Dialer) { n.plays("server:443", raw(100, "\x16\x03\x03\x01\x00")) },
	"TLS of the proxy": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:443", silent)
		d.Proxy = proxyURL("https://proxy")
	},
	"CONNECT": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:80", silent)
		d.Proxy = proxyURL("http://proxy")
	},
	"head of the proxy's answer": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:80", says("HTTP/1.1 200 OK\r\nX-"))
		d.Proxy = proxyURL("http://proxy")
	},
	"interim answers of the proxy": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:80", says("HTTP/1.1 100 Continue\r\n\r\n"))
		d.Proxy = proxyURL("http://proxy")
	},
	"TLS in the tunnel": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:80", says("HTTP/1.1 200 OK\r\n\r\n"))
		d.Proxy = proxyURL("http://proxy")
	},
	"greeting of SOCKS": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:1080", silent)
		d.Proxy = proxyURL("socks5://proxy")
	},
	"authentication of SOCKS": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:1080", raw(4, "\x05\x02"))
		d.Proxy = proxyURL("socks5://user:secret@proxy")
	},
	"connecting of SOCKS": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:1080", raw(3, "\x05\x00", 10, "\x05\x00"))
		d.Proxy = proxyURL("socks5://proxy")
	},
	"TLS behind SOCKS": func(n *network, d *upgrade.Dialer) {
		n.plays("proxy:1080", raw(3, "\x05\x00", 10, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"))
		d.Proxy = proxyURL("socks5://proxy")
	},
}

// plainStalls are those of ws URLs.
var plainStalls = map[string]func(n *network, d *upgrade.Dialer){
	"answer":             func(n *network, _ *upgrade.Dialer) { n.plays("server:80", silent) },
	"head of the answer": func(n *network, _ *upgrade.Dialer) { n.plays("server:80", says("HTTP/1.1 101 Switching")) },
	"interim answers":    func(n *network, _ *upgrade.Dialer) { n.plays("server:80", says("HTTP/1.1 102 Processing\r\n\r\n")) },
	"byte by byte": func(n *network, _ *upgrade.Dialer) { // row 15, of a server
		n.plays("server:80", func(nc net.Conn) {
			for _, c := range []byte(switching) {
				if _, err := nc.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		})
	},
	"request that nobody reads": func(n *network, d *upgrade.Dialer) {
		n.plays("server:80", func(nc net.Conn) { waitForEnd(nc) })
		d.Header = http.Header{"X": {strings.Repeat("x", 1<<20)}}
	},
	"second hop": func(n *network, d *upgrade.Dialer) {
		n.plays("server:80", redirects(302, "ws://elsewhere/"))
		n.plays("elsewhere:80", silent)
		d.CheckRedirect = upgrade.FollowRedirects(1)
	},
	"redirects without end": func(n *network, d *upgrade.Dialer) {
		n.plays("server:80", func(nc net.Conn) {
			time.Sleep(time.Second)
			redirects(302, "/")(nc)
		})
		d.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
	},
}

func silent(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) }

// waitForEnd waits, without reading, until the other end is closed.
func waitForEnd(nc net.Conn) {
	for {
		time.Sleep(time.Second)
		if _, err := nc.Write([]byte("x")); err != nil {
			return
		}
	}
}

// raw reads so many bytes and then says something, and so on.
func raw(steps ...any) func(net.Conn) {
	return func(nc net.Conn) {
		for _, step := range steps {
			switch step := step.(type) {
			case int:
				if _, err := io.ReadFull(nc, make([]byte, step)); err != nil {
					return
				}
			case string:
				_, _ = io.WriteString(nc, step)
			}
		}
		silent(nc)
	}
}

func proxyURL(raw string) func(*http.Request) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return http.ProxyURL(u)
}

// At every stage the handshake ends at its time, and at once with its context, and leaves no socket open and no goroutine:
// the bubble would not end with one.
func TestDialEndsAtEveryStage(t *testing.T) {
	everyStall(t, func(t *testing.T, d *upgrade.Dialer, target string) {
		start := time.Now()
		_, _, err := d.Dial(t.Context(), target)
		require.EqualError(t, err, "upgrade: dial: handshake timeout")
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestDialEndsWithItsContextAtEveryStage(t *testing.T) {
	everyStall(t, func(t *testing.T, d *upgrade.Dialer, target string) {
		d.HandshakeTimeout = -1
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		time.AfterFunc(2500*time.Millisecond, func() { cancel(enough) })
		start := time.Now()
		_, _, err := d.Dial(ctx, target)
		require.ErrorIs(t, err, enough)
		require.Equal(t, 2500*time.Millisecond, time.Since(start))
	})
}

func everyStall(t *testing.T, test func(t *testing.T, d *upgrade.Dialer, target string)) {
	t.Helper()
	for target, list := range map[string]map[string]func(n *network, d *upgrade.Dialer){"wss://server/": stalls, "ws://server/": plainStalls} {
		for name, stall := range list {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t)
					var open atomic.Int64
					d := &upgrade.Dialer{Settings: quiet}
					d.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
						nc, err := n.DialContext(ctx, network, addr)
						if err != nil {
							return nil, err
						}
						open.Add(1)
						return &counted{Conn: nc, open: &open}, nil
					}
					stall(n, d)
					test(t, d, target)
					require.Zero(t, open.Load(), "sockets left open")
					time.Sleep(3 * time.Second) // for the servers of the test to notice
				})
			})
		}
	}
}

// A counted connection counts down when it is closed first.
type counted struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
}

func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

// A server that has refused, and does not come to the end of its body, has refused all the same.
func TestBodiesWithoutEndAreReadUpToTheHandshakesTime(t *testing.T) {
	for name, test := range map[string]struct {
		says string
		size int
		time time.Duration
	}{
		"that pause": {"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno", 2, 10 * time.Second},
		"that go on": {"HTTP/1.1 403 Forbidden\r\n\r\n" + strings.Repeat("no", 1<<20), 64 << 10, 0},
	} {
		for _, kind := range []string{"server", "proxy"} {
			t.Run(name+", "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t)
					d := &upgrade.Dialer{Settings: quiet, DialContext: n.DialContext}
					n.plays(kind+":80", says(test.says))
					if kind == "proxy" {
						d.Proxy = proxyURL("http://proxy")
					}
					start := time.Now()
					c, resp, err := d.Dial(t.Context(), "ws://server/")
					require.Nil(t, c)
					require.ErrorContains(t, err, "403 Forbidden")
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.Len(t, body, test.size)
					require.Equal(t, test.time, time.Since(start))
				})
			})
		}
	}
}

func TestRedirectIsFollowedWithoutItsBody(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		n.plays("server:80", says("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\n\r\nand now"))
		n.plays("elsewhere:80", accepts(bytesOf(t, "")))
		start := time.Now()
		c, _, err := d.Dial(t.Context(), "ws://server/")
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		_ = c.Close(1000, "")
	})
}

func TestDialAfterTheEndOfItsContextAsksNobody(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		arrived := n.arrives("server:80")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := d.Dial(ctx, "ws://server/")
		require.ErrorIs(t, err, context.Canceled)
		require.Empty(t, n.dialed)
		require.Empty(t, arrived)
	})
}
