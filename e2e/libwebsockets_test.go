package e2e_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// The test programs of libwebsockets speak subprotocols of their own: the server mirrors texts of up to 4 KiB, or counts, or tells its status,
// which alone it compresses; the client reads numbers, and draws circles and lines.
const (
	mirroring = "lws-mirror-protocol"
	counting  = "dumb-increment-protocol"
	status    = "lws-status"
)

// libwebsockets starts one of the programs, or ends the test.
func libwebsockets(t *testing.T, name string, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath("libwebsockets-test-" + name)
	need(t, err == nil, "libwebsockets-test-"+name, "apt-get install libwebsockets-test-server")
	return start(t, path, args...)
}

// startLibwebsockets returns the URL of the server.
func startLibwebsockets(t *testing.T) string {
	t.Helper()
	return "ws://127.0.0.1:" + libwebsockets(t, "server", "--port=0", "-d", "31").await(`(?s)lws_socket_bind says (\d+).*-> OPERATIONAL`) + "/"
}

// callLibwebsockets dials the server for a subprotocol.
func callLibwebsockets(t *testing.T, url, subprotocol string, settings upgrade.Settings) *caller {
	t.Helper()
	dialer := &upgrade.Dialer{Settings: settings, Subprotocols: []string{subprotocol}}
	ours, _, err := dialer.Dial(within(t), url)
	require.NoError(t, err)
	require.Equal(t, subprotocol, ours.Subprotocol())
	return newCaller(t, ours, nil)
}

// hangUp closes, while what else the peer says is read.
func (c *caller) hangUp(code upgrade.CloseCode, reason string) {
	c.t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- c.conn.Close(code, reason) }()
	for _, _, ok := c.next(); ok; _, _, ok = c.next() {
	}
	_ = receive(c.t, closed, "the end of Close") // it says what Closed does
}

func TestDialerTalksToTheServerOfLibwebsockets(t *testing.T) {
	url := startLibwebsockets(t)
	t.Run("it mirrors texts, and fragments as texts", func(t *testing.T) {
		c := callLibwebsockets(t, url, mirroring, upgrade.Settings{})
		for _, text := range []string{"Hello", "Zoë 小林 👩🏽‍🚀", strings.Repeat("x", 125), strings.Repeat("x", 126), strings.Repeat("x", 4000)} {
			c.say(saying{"text", []string{text}})
			c.hear(saying{"text", []string{text}})
		}
		c.say(saying{"text", []string{"Zo", "\xc3\xab", " and more"}})
		for _, text := range []string{"Zo", "ë", " and more"} {
			c.hear(saying{"text", []string{text}})
		}
		c.hangUp(4001, "bye")
		require.Equal(t, &upgrade.CloseError{Code: 4001, Reason: "bye"}, c.conn.Closed())
	})
	t.Run("it counts, answers pings, and closes", func(t *testing.T) {
		c := callLibwebsockets(t, url, counting, upgrade.Settings{})
		c.hear(saying{"text", []string{"0"}})
		_, err := c.conn.Ping(within(t))
		require.NoError(t, err)
		c.say(saying{"text", []string{"closeme\n"}})
		for next, err, ok := c.next(); ok; next, err, ok = c.next() {
			require.NoError(t, err, "after %s", next)
		}
		require.Equal(t, &upgrade.CloseError{Code: 1001, Reason: "seeya", FromPeer: true}, c.conn.Closed())
	})
	for name, window := range map[string]deflate.Window{"no context takeover": {}, "context takeover": {Takeover: true}} {
		t.Run("it tells its status compressed, with "+name, func(t *testing.T) {
			wire := relayTo(t, url)
			c := callLibwebsockets(t, wire.url, status, upgrade.Settings{Compression: &deflate.Settings{Server: window, Client: window, Threshold: -1}})
			m, err, ok := c.next()
			require.NoError(t, err)
			require.True(t, ok)
			require.Contains(t, m.Text(), `"version":`)
			for range 3 {
				c.say(saying{"text", []string{pattern(200)}})
			}
			_, err = c.conn.Ping(within(t)) // behind what it had to inflate
			require.NoError(t, err)
			c.hangUp(1000, "bye")
			require.Equal(t, &upgrade.CloseError{Code: 1000, Reason: "bye"}, c.conn.Closed())
			up, down := wire.read(t)
			require.Contains(t, down.extensions(), "permessage-deflate")
			require.Equal(t, 3, up.compressed())
			require.NotZero(t, down.compressed())
		})
	}
}

// A studio serves the client of libwebsockets: it counts for those that read, and mirrors what is drawn.
type studio struct {
	drawn chan string
}

func (s *studio) handler(q *upgrade.Request) (upgrade.Handler, error) {
	if q.Subprotocol() == counting {
		return func(flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Of(message.Text("0"), message.TextStream(flow.Of("1", "", "2")), message.Text(strings.Repeat("3", 300)))
		}, nil
	}
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
			return flow.Map(flow.Take(in, cap(s.drawn)), func(m message.Message) message.Message {
				s.drawn <- m.Text()
				return m
			}).Run(ctx, emit)
		})
	}, nil
}

func TestTheClientOfLibwebsocketsTalksToUs(t *testing.T) {
	for _, compressed := range []bool{false, true} {
		t.Run(fmt.Sprintf("compressed %t", compressed), func(t *testing.T) {
			s := &studio{drawn: make(chan string, 8)}
			ws := &upgrade.Upgrader{
				Settings: upgrade.Settings{Logger: quiet}, Subprotocols: []string{counting, mirroring}, Origins: []string{"http://127.0.0.1"},
			}
			args := []string{"127.0.0.1", "-d", "15"}
			if compressed {
				ws.Compression = &deflate.Settings{Threshold: -1}
				args = append(args, "--justmirror") // it compresses for no protocol with a buffer of less than 128 bytes
			} else {
				args = append(args, "--undeflated")
			}
			server := httptest.NewServer(ws.HandlerFunc(s.handler))
			t.Cleanup(server.Close)
			wire := relayTo(t, "ws"+strings.TrimPrefix(server.URL, "http")+"/")
			port := wire.url[strings.LastIndex(wire.url, ":")+1:]
			client := libwebsockets(t, "client", append(args, "--port="+strings.TrimSuffix(port, "/"))...)
			for range cap(s.drawn) {
				require.Regexp(t, `^[cd] #[0-9A-F]+ [0-9 -]+;$`, receive(t, s.drawn, "what the client draws"))
			}
			connections := 1
			if !compressed {
				client.await(`(?s)rx 1 '0'.*rx 1 '1'.*rx 1 '2'.*(rx 20 '3{20}'.*){15}`) // it reads through a buffer of 20 bytes
				connections = 2
			}
			for range connections {
				up, down := wire.read(t)
				require.Equal(t, compressed, strings.Contains(down.extensions(), "permessage-deflate"), down.extensions())
				if subprotocol := down.header.Get("Sec-WebSocket-Protocol"); subprotocol == mirroring {
					require.Equal(t, compressed, up.compressed() >= cap(s.drawn), "%d of %d", up.compressed(), len(up.messages))
				}
				require.Equal(t, compressed, down.compressed() == len(down.messages))
				require.NotEmpty(t, down.messages)
			}
		})
	}
}
