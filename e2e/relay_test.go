package e2e_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// A relay stands between clients and a server, and keeps all that it passes on.
type relay struct {
	url      string // with the scheme ws
	passages chan *passage

	mu   sync.Mutex
	open []net.Conn
}

// cut ends all connections, as a network that fails does.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, nc := range r.open {
		_ = nc.Close()
	}
	r.open = nil
}

// A passage is one connection through a relay.
type passage struct {
	up, down bytes.Buffer  // what the client said, and the server
	done     chan struct{} // closed when both have ended
}

// relayTo starts a relay in front of a ws URL.
func relayTo(t *testing.T, url string) *relay {
	t.Helper()
	target, path, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{url: "ws://" + listener.Addr().String() + "/" + path, passages: make(chan *passage, 100)}
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			r.mu.Lock()
			r.open = append(r.open, client, server)
			r.mu.Unlock()
			p := &passage{done: make(chan struct{})}
			passing.Go(func() { p.pass(client.(*net.TCPConn), server.(*net.TCPConn)) })
			r.passages <- p
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		r.cut()
		passing.Wait()
	})
	return r
}

// pass copies both ways until both have ended.
func (p *passage) pass(client, server *net.TCPConn) {
	defer close(p.done)
	var both sync.WaitGroup
	for _, way := range []struct {
		from, to *net.TCPConn
		kept     *bytes.Buffer
	}{{client, server, &p.up}, {server, client, &p.down}} {
		both.Go(func() {
			_, _ = io.Copy(io.MultiWriter(way.kept, way.to), way.from)
			_ = way.to.CloseWrite()
			_ = way.from.CloseRead()
		})
	}
	both.Wait()
	_, _ = client.Close(), server.Close()
}

// A record is what one end has said on the wire.
type record struct {
	header   http.Header
	messages []wireMessage
}

// A wireMessage is a data message as it travelled.
type wireMessage struct {
	compressed bool // RSV1 is on its first frame
	frames     int
	size       int // of its payload on the wire
}

// read reads the next connection's records, once it has ended.
func (r *relay) read(t *testing.T) (up, down *record) {
	t.Helper()
	p := receive(t, r.passages, "a connection through the relay")
	receive(t, p.done, "the end of the connection through the relay")
	asked := bufio.NewReader(&p.up)
	request, err := http.ReadRequest(asked)
	require.NoError(t, err)
	answered := bufio.NewReader(&p.down)
	response, err := http.ReadResponse(answered, request)
	require.NoError(t, err)
	return frames(t, request.Header, asked), frames(t, response.Header, answered)
}

// frames reads what comes behind the handshake. RFC 7692, 6: RSV1 is on the first frame of a compressed message, and nowhere else.
func frames(t *testing.T, header http.Header, r io.Reader) *record {
	t.Helper()
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	said := &record{header: header}
	for len(b) > 0 {
		h, n, err := protocol.ParseFrameHeader(b)
		require.NoError(t, err, "in the last %d bytes", len(b))
		require.LessOrEqual(t, h.Length, int64(len(b)-n), "a frame is cut off")
		b = b[n+int(h.Length):]
		require.Zero(t, h.RSV&^protocol.RSV1)
		if h.Opcode.IsControl() || h.Opcode == protocol.OpContinuation {
			require.Zero(t, h.RSV)
		}
		switch {
		case h.Opcode.IsControl():
			continue
		case h.Opcode != protocol.OpContinuation:
			said.messages = append(said.messages, wireMessage{compressed: h.RSV != 0})
		}
		last := &said.messages[len(said.messages)-1]
		last.frames++
		last.size += int(h.Length)
	}
	return said
}

// extensions are those of the handshake.
func (r *record) extensions() string {
	return strings.Join(r.header.Values("Sec-WebSocket-Extensions"), ", ")
}

func (r *record) compressed() int {
	count := 0
	for _, m := range r.messages {
		if m.compressed {
			count++
		}
	}
	return count
}

func (r *record) size() int {
	sum := 0
	for _, m := range r.messages {
		sum += m.size
	}
	return sum
}
