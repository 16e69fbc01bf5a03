package upgrade_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

// from makes the connections of a server come from addresses in turn.
type from struct {
	net.Listener
	addrs []string
}

type fromConn struct {
	net.Conn
	addr wire.Addr
}

func (c *fromConn) RemoteAddr() net.Addr { return c.addr }

func (l *from) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil || len(l.addrs) == 0 {
		return nc, err
	}
	addr := l.addrs[0]
	l.addrs = l.addrs[1:]
	return &fromConn{nc, wire.Addr(addr)}, nil
}

// turnedAway expects the connection to be closed at once.
func (c *caller) turnedAway() {
	c.t.Helper()
	begun := time.Now()
	c.over()
	require.Equal(c.t, begun, time.Now())
}

func TestRawServerClosesConnectionsBeyondTheLimit(t *testing.T) {
	onRaw(t, &upgrade.Server{Handler: http.NotFoundHandler(), MaxConnections: 3}, func(t *testing.T, s *rawServer) {
		slow := []*caller{s.call(), s.call(), s.call()}
		for range 10 {
			s.call().turnedAway()
		}
		require.Equal(t, uint64(10), s.Refused())
		require.Equal(t, 1, strings.Count(s.log.String(), "connections are refused"))
		slow[0].say("%s", opening("/")) // those that are served are none the worse
		resp, _ := slow[0].hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		synctest.Wait()
		fresh := s.call()
		s.call().turnedAway()
		time.Sleep(10 * time.Second) // the time of the head is over
		for _, c := range append(slow[1:], fresh) {
			c.over()
		}
		synctest.Wait()
		for range 3 {
			c := s.call()
			c.say("%s", opening("/"))
			resp, _ := c.hear()
			require.Equal(t, http.StatusNotFound, resp.StatusCode)
			c.over()
			synctest.Wait()
		}
	})
}

// A thousand slow handshakes of one address leave room for others.
func TestRawServerHasRoomForOthersBesideSlowHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var addrs []string
		for range 1000 {
			addrs = append(addrs, "[2001:db8::1]:1")
		}
		addrs = append(addrs, "[2001:db8::2]:1", "[2001:db8:0:1::1]:1", "192.0.2.1:1")
		l := wire.Listen()
		var ws upgrade.Upgrader
		server := &upgrade.Server{Handler: ws.Handler(echo), MaxConnections: 100, MaxConnectionsPerAddress: 10}
		s := &rawServer{Server: server, t: t, l: l, served: make(chan error, 1)}
		go func() { s.served <- s.Serve(&from{l, addrs}) }()
		for i := range 1000 {
			c := s.call()
			if i >= 10 {
				c.turnedAway()
			}
		}
		s.call().turnedAway() // the same network
		for range 2 {
			c := s.call()
			c.say("%s%s", opening("/"), frames("x"))
			resp, _ := c.hear()
			require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
			c.echoed("x")
		}
		require.Equal(t, uint64(991), s.Refused())
		s.end()
	})
}

func TestRawServersPlaceIsGivenBackOnce(t *testing.T) {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("/ws", ws.Handler(echo))
	mux.HandleFunc("/serve", func(w http.ResponseWriter, r *http.Request) { _ = ws.Serve(w, r, echo) })
	mux.HandleFunc("/hijack", func(w http.ResponseWriter, _ *http.Request) {
		nc, _, _ := http.NewResponseController(w).Hijack()
		_ = nc.Close()
		_ = nc.Close()
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	const ordinary = "GET %s HTTP/1.1\r\nHost: example.com\r\n\r\n"
	for name, use := range map[string]func(c *caller){
		"closed at once":    func(c *caller) { _ = c.Close() },
		"no HTTP":           func(c *caller) { c.say("\n\n"); _, _ = c.hear() },
		"too large":         func(c *caller) { go func() { _, _ = io.WriteString(c, strings.Repeat("x", 1<<20)) }(); _, _ = c.hear() },
		"upgraded":          func(c *caller) { c.say("%s", opening("/ws")); _, _ = c.hear() }, // and open
		"served":            func(c *caller) { c.say("%s", opening("/serve")); _, _ = c.hear() },
		"refused":           func(c *caller) { c.say("%s", opening("/")); _, _ = c.hear() },
		"hijacked":          func(c *caller) { c.say("%s", opening("/hijack")); c.over() },
		"panicked":          func(c *caller) { c.say("%s", opening("/panic")); c.over() },
		"ordinary":          func(c *caller) { c.say(ordinary, "/"); _, _ = c.hear(); _ = c.Close() },
		"ordinary hijacked": func(c *caller) { c.say(ordinary, "/hijack"); c.over() },
		"ordinary panicked": func(c *caller) { c.say(ordinary, "/panic"); c.over() },
		"ordinary idle":     func(c *caller) { c.say(ordinary, "/"); _, _ = c.hear(); c.over() },
		"ordinary and then upgraded": func(c *caller) {
			c.say(ordinary, "/")
			_, _ = c.hear()
			c.say("%s%s", opening("/ws"), frames("x"))
			_, _ = c.hear()
			c.echoed("x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			onRaw(t, &upgrade.Server{Handler: mux, MaxConnections: 1, MaxConnectionsPerAddress: 1}, func(_ *testing.T, s *rawServer) {
				use(s.call())
				time.Sleep(time.Second) // a lingering one is over
				last := s.call()
				last.say(ordinary, "/")
				_, _ = last.hear()
				s.call().turnedAway() // it counts while it is open
			})
		})
	}
}
