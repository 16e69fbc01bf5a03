package upgrade_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A network is in memory, and has a host at each address that somebody serves.
type network struct {
	t      *testing.T
	mu     sync.Mutex
	hosts  map[string]*wire.Listener
	dialed []string
}

func newNetwork(t *testing.T) *network { return &network{t: t, hosts: make(map[string]*wire.Listener)} }

// DialContext has the shape of a Dialer's.
func (n *network) DialContext(ctx context.Context, protocol, addr string) (net.Conn, error) {
	n.mu.Lock()
	host := n.hosts[strings.ToLower(addr)]
	n.dialed = append(n.dialed, addr)
	n.mu.Unlock()
	if host == nil {
		return nil, fmt.Errorf("no host at %s %s", protocol, addr)
	}
	return host.DialContext(ctx, protocol, addr)
}

func (n *network) listen(addr string) *wire.Listener {
	l := wire.Listen()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[addr] = l
	n.t.Cleanup(func() { _ = l.Close() })
	return l
}

// plays serves every connection to addr with f, which returns when the other end is closed.
func (n *network) plays(addr string, f func(nc net.Conn)) {
	l := n.listen(addr)
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = nc.Close() }()
				f(nc)
			}()
		}
	}()
}

// serves has an HTTP server at addr, with TLS if there is a configuration.
func (n *network) serves(addr string, h http.Handler, config *tls.Config) {
	var l net.Listener = n.listen(addr)
	if config != nil {
		l = tls.NewListener(l, config)
	}
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	n.t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }()
}

// certified returns the two sides of TLS with the given hosts. In a bubble, the certificate is by its clock.
func certified(t *testing.T, hosts ...string) (server, client *tls.Config) {
	t.Helper()
	certificate, pool, err := selfsigned.Certificate(hosts...)
	require.NoError(t, err)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}},
		&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
}

// A connectProxy is an HTTP proxy that makes tunnels.
type connectProxy struct {
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	users string // the Proxy-Authorization that it wants, if any
	asked chan *http.Request
}

func newConnectProxy(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *connectProxy {
	return &connectProxy{dial: dial, asked: make(chan *http.Request, 100)}
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked <- r
	switch {
	case r.Method != http.MethodConnect:
		http.Error(w, "a tunnel or nothing", http.StatusMethodNotAllowed)
		return
	case r.Header.Get("Proxy-Authorization") != p.users:
		w.Header().Set("Proxy-Authenticate", `Basic realm="the proxy"`)
		w.Header().Set("Set-Cookie", "proxy=1")
		http.Error(w, "who are you?", http.StatusProxyAuthRequired)
		return
	}
	server, err := p.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	splice(client, rw.Reader, server)
}

// splice carries bytes both ways until both ends are through, and closes them.
func splice(client net.Conn, from io.Reader, server net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, from); finish(server) })
	both.Go(func() { _, _ = io.Copy(client, server); finish(client) })
	both.Wait()
	_, _ = client.Close(), server.Close()
}

func finish(nc net.Conn) {
	if half, ok := nc.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		_ = nc.Close()
	}
}

// A socksProxy is a SOCKS5 proxy (RFC 1928, RFC 1929).
type socksProxy struct {
	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	user  string // "name:password" that it wants, if any
	asked chan string
}

func (p *socksProxy) serve(nc net.Conn) {
	r := bufio.NewReader(nc)
	if err := p.greet(r, nc); err != nil {
		return
	}
	addr, err := readSOCKSAddr(r)
	if err != nil {
		return
	}
	p.asked <- addr
	server, err := p.dial(context.Background(), "tcp", addr)
	if err != nil {
		_, _ = nc.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // connection refused
		return
	}
	_, _ = nc.Write([]byte{5, 0, 0, 1, 127, 0, 0, 1, 0, 80})
	splice(nc, r, server)
}

func (p *socksProxy) greet(r *bufio.Reader, w io.Writer) error {
	methods, err := readCounted(r, 5)
	if err != nil {
		return err
	}
	if p.user == "" {
		_, err = w.Write([]byte{5, 0})
		return err
	}
	if !strings.Contains(methods, "\x02") {
		_, _ = w.Write([]byte{5, 0xFF})
		return errors.New("no method")
	}
	_, _ = w.Write([]byte{5, 2})
	name, err := readCounted(r, 1)
	if err != nil {
		return err
	}
	size, err := r.ReadByte()
	if err != nil {
		return err
	}
	password := make([]byte, size)
	if _, err := io.ReadFull(r, password); err != nil {
		return err
	}
	if name+":"+string(password) != p.user {
		_, _ = w.Write([]byte{1, 1})
		return errors.New("no such user")
	}
	_, err = w.Write([]byte{1, 0})
	return err
}

// readCounted reads a version and a string with its length before it.
func readCounted(r *bufio.Reader, version byte) (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != version {
		return "", errors.New("no SOCKS5")
	}
	s := make([]byte, head[1])
	_, err := io.ReadFull(r, s)
	return string(s), err
}

func readSOCKSAddr(r *bufio.Reader) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 5 || head[1] != 1 {
		return "", errors.New("no connect")
	}
	size := map[byte]int{1: 4, 4: 16}[head[3]]
	if head[3] == 3 {
		n, err := r.ReadByte()
		if err != nil {
			return "", err
		}
		size = int(n)
	}
	host := make([]byte, size+2)
	if _, err := io.ReadFull(r, host); err != nil {
		return "", err
	}
	name, port := string(host[:size]), int(host[size])<<8|int(host[size+1])
	if head[3] != 3 {
		name = net.IP(host[:size]).String()
	}
	return net.JoinHostPort(name, fmt.Sprint(port)), nil
}

// readHead reads a request and returns it parsed.
func readHead(nc net.Conn) (*protocol.Request, error) {
	var head []byte
	for {
		r, _, err := protocol.ParseRequest(head, 0)
		if err == nil || !errors.Is(err, protocol.ErrShort) {
			return r, err
		}
		buf := make([]byte, 1000)
		n, err := nc.Read(buf)
		if err != nil {
			return nil, err
		}
		head = append(head, buf[:n]...)
	}
}

// says reads a request and then says something, and so on; at last it says nothing until the other end is closed.
func says(answers ...string) func(net.Conn) {
	return func(nc net.Conn) {
		for _, answer := range answers {
			if _, err := readHead(nc); err != nil {
				return
			}
			_, _ = io.WriteString(nc, answer)
		}
		_, _ = io.Copy(io.Discard, nc)
	}
}

// answers reads a request and answers with what fits its key.
func answers(answer func(accept string) string) func(net.Conn) {
	return func(nc net.Conn) {
		r, err := readHead(nc)
		if err != nil {
			return
		}
		_, _ = io.WriteString(nc, answer(protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key"))))
		finish(nc)
		_, _ = io.Copy(io.Discard, nc)
	}
}

// accepts reads a request and upgrades it; the frames follow.
func accepts(frames string) func(net.Conn) {
	return answers(func(accept string) string { return switching + accept + "\r\n\r\n" + frames })
}

// bytesOf returns the frames of a server that says a text and closes.
func bytesOf(t *testing.T, text string) string {
	t.Helper()
	w := protocol.NewWriter(protocol.Server, nil)
	b, err := w.AppendMessage(nil, protocol.OpText, []byte(text))
	require.NoError(t, err)
	b, err = w.AppendClose(b, protocol.CloseNormal, "")
	require.NoError(t, err)
	return string(b)
}

// refusal returns the Rejection that err is, with the response's body.
func refusal(t *testing.T, c *upgrade.Conn, resp *http.Response, err error) (*upgrade.Rejection, string) {
	t.Helper()
	require.Nil(t, c)
	var refused *upgrade.Rejection
	require.ErrorAs(t, err, &refused)
	if resp == nil {
		return refused, ""
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return refused, string(body)
}
