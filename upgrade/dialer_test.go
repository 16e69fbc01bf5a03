package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestDialRefusesWhatIsNoWebSocketURL(t *testing.T) {
	var d upgrade.Dialer
	for _, url := range []string{"http://example.com", "ws://", "ws://:80", "//example.com", "ws://example.com/#part", "ws://a b", ""} {
		_, _, err := d.Dial(t.Context(), url)
		require.ErrorContains(t, err, "upgrade: dial: ", url)
	}
}

// answer serves one connection with a fixed answer to the handshake, which may need the key of the request.
func answer(t *testing.T, respond func(r *protocol.Request) string) (*upgrade.Dialer, <-chan *protocol.Request) {
	t.Helper()
	requests := make(chan *protocol.Request, 10)
	d := &upgrade.Dialer{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := wire.Pipe(wire.Options{})
		go func() {
			defer func() { _ = server.Close() }()
			var head []byte
			for {
				r, _, err := protocol.ParseRequest(head, 0)
				if err == nil {
					requests <- r
					_, _ = io.WriteString(server, respond(r))
					_, _ = io.Copy(io.Discard, server)
					return
				}
				buf := make([]byte, 1000)
				n, err := server.Read(buf)
				if err != nil {
					return
				}
				head = append(head, buf[:n]...)
			}
		}()
		return client, nil
	}}
	return d, requests
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: "

func TestDialSendsWhatItIsToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, requests := answer(t, func(r *protocol.Request) string {
			return switching + protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\nSec-WebSocket-Protocol: b\r\n\r\n"
		})
		d.Subprotocols = []string{"a", "b"}
		d.Header = http.Header{"Cookie": {"session=42"}, "Origin": {"http://example.com"}}
		c, resp, err := d.Dial(t.Context(), "ws://user:secret@example.com:80/path?q=1")
		require.NoError(t, err)
		require.Equal(t, 101, resp.StatusCode)
		require.Equal(t, "b", c.Subprotocol())
		require.Nil(t, c.Request())
		r := <-requests
		require.Equal(t, "example.com", r.Host, "without the default port")
		require.Equal(t, "/path?q=1", r.Target)
		require.Equal(t, "session=42", r.Header.Get("Cookie"))
		require.Equal(t, "a, b", r.Header.Get("Sec-WebSocket-Protocol"))
		require.Equal(t, "Basic dXNlcjpzZWNyZXQ=", r.Header.Get("Authorization"))
		_ = c.Close(protocol.CloseNormal, "")
	})
}

func TestDialRefusesAnswersThatAreNoUpgrade(t *testing.T) {
	good := func(r *protocol.Request) string { return protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) }
	for name, test := range map[string]struct {
		respond func(r *protocol.Request) string
		status  int
		body    string
	}{
		"wrong accept":       {func(*protocol.Request) string { return switching + "abc\r\n\r\n" }, 101, ""},
		"unoffered protocol": {func(r *protocol.Request) string { return switching + good(r) + "\r\nSec-WebSocket-Protocol: x\r\n\r\n" }, 101, ""},
		"unoffered extension": {func(r *protocol.Request) string {
			return switching + good(r) + "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
		}, 101, ""},
		"200": {func(*protocol.Request) string { return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" }, 200, "hello"},
		"401 with a body in chunks": {func(*protocol.Request) string {
			return "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n3\r\n?!?\r\n0\r\n\r\n"
		}, 401, "who?!?"},
		"endless head": {func(*protocol.Request) string { return "HTTP/1.1 101 Go on\r\nX: " + strings.Repeat("x", 1<<20) }, 0, ""},
		"no HTTP":      {func(*protocol.Request) string { return "SSH-2.0-OpenSSH\r\n\r\n" }, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := answer(t, test.respond)
				c, resp, err := d.Dial(t.Context(), "ws://example.com/")
				require.Nil(t, c)
				var rejection *upgrade.RefusedError
				require.ErrorAs(t, err, &rejection)
				require.Equal(t, test.status, rejection.Status)
				if test.body != "" {
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					require.Equal(t, test.body, string(body))
				}
			})
		})
	}
}

func TestDialEndsAtItsDeadlineAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := answer(t, func(*protocol.Request) string { return "" })
		start := time.Now()
		_, _, err := d.Dial(t.Context(), "ws://example.com/")
		require.ErrorContains(t, err, "handshake timeout")
		require.Equal(t, 10*time.Second, time.Since(start))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = d.Dial(ctx, "ws://example.com/")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestDialReportsWhyThereIsNoConnection(t *testing.T) {
	broken := errors.New("no route")
	d := upgrade.Dialer{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, broken }}
	_, _, err := d.Dial(t.Context(), "ws://example.com/")
	require.ErrorIs(t, err, broken)
}

func TestDialOverTLSChecksTheName(t *testing.T) {
	server := wstest.NewServer(t, serve(echo, quiet), wstest.Wire{TCP: true, TLS: true})
	d := server.Dialer()
	d.TLS.RootCAs = nil
	d.TLS.ServerName = "elsewhere.example"
	_, _, err := d.Dial(t.Context(), server.URL("/"))
	require.ErrorContains(t, err, "certificate")
}

func TestBytesBehindTheResponseAreNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := protocol.NewWriter(protocol.Server, nil)
		frames, err := w.AppendMessage(nil, protocol.OpText, []byte("early"))
		require.NoError(t, err)
		frames, err = w.AppendMessage(frames, protocol.OpText, []byte(strings.Repeat("x", 10_000)))
		require.NoError(t, err)
		frames, err = w.AppendClose(frames, protocol.CloseNormal, "bye")
		require.NoError(t, err)
		d, _ := answer(t, func(r *protocol.Request) string {
			return switching + protocol.AcceptKey(r.Header.Get("Sec-WebSocket-Key")) + "\r\n\r\n" + string(frames)
		})
		c, _, err := d.Dial(t.Context(), "ws://example.com/")
		require.NoError(t, err)
		all, err := flow.Collect(t.Context(), c.Source())
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, "early", all[0].Text())
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, upgrade.CloseError{Code: protocol.CloseNormal, Reason: "bye", FromPeer: true}, *c.Closed())
	})
}

func TestConnectionAsAFlow(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.Concat(echo(in), flow.Of(message.Text("bye")))
		}, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		requests := flow.Map(flow.Of("a", "b", "c"), message.Text)
		replies, err := flow.Collect(t.Context(), flow.Map(c.Flow()(requests), message.Message.Text))
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "c", "bye"}, replies)
		s.expectEnd(t, 0, false)
	})
}

func TestConnectionAsAFlowEndsWithItsInputsFailure(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		broken := errors.New("broken")
		_, err := flow.Collect(t.Context(), c.Flow()(flow.Concat(flow.Of(message.Text("a")), flow.Fail[message.Message](broken))))
		require.ErrorIs(t, err, broken)
		s.expectEnd(t, protocol.CloseInternalError, true)
	})
}

func TestConnectionAsAFlowEndsWhenThePeerCloses(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source { return flow.Take(echo(in), 1) }, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		input := flow.Concat(flow.Of(message.Text("a")), flow.Never[message.Message]())
		replies, err := flow.Collect(t.Context(), c.Flow()(input))
		require.NoError(t, err)
		require.Len(t, replies, 1)
		s.expectEnd(t, 0, false)
	})
}

func TestConnectionAsASink(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		got := make(chan string, 10)
		s := serve(func(in source) source {
			return flow.Filter(in, func(m message.Message) bool { got <- m.Text(); return false })
		}, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		_, err := c.Sink().Run(t.Context(), flow.Map(flow.Of("a", "b"), message.Text))
		require.NoError(t, err)
		require.Equal(t, "a", <-got)
		require.Equal(t, "b", <-got)
		s.expectEnd(t, 0, false)
	})
}

func TestClientHandlerIsServedLikeAServers(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		s := serve(func(in source) source {
			return flow.Concat(flow.Of(message.Text("ping")), flow.Take(in, 1))
		}, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		require.NoError(t, c.Run(t.Context(), func(in source) source {
			return flow.Map(in, func(m message.Message) message.Message { return message.Text("re: " + m.Text()) })
		}))
		require.ErrorIs(t, c.Run(t.Context(), echo), flow.ErrConsumed)
		s.expectEnd(t, 0, false)
	})
}

func TestSendOutsideOfAConnectionIsAnError(t *testing.T) {
	require.Error(t, upgrade.FromContext(t.Context()).Send(t.Context(), message.Text("hello?")))
}

func TestSendAndPingFromManyGoroutines(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		const senders, each = 8, 50
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s, w).Dial("/")
		for n := range senders {
			go func() {
				for i := range each {
					if err := c.Send(t.Context(), message.Text(fmt.Sprint(n, " ", i))); err != nil {
						t.Error(err)
					}
					if i%10 == 0 {
						if _, err := c.Ping(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			}()
		}
		next := make([]int, senders)
		require.NoError(t, flow.Take(c.Source(), senders*each).Run(t.Context(), func(m message.Message) error {
			var n, i int
			if _, err := fmt.Sscan(m.Text(), &n, &i); err != nil {
				return err
			}
			if next[n] != i {
				return fmt.Errorf("sender %d: want %d, got %d", n, next[n], i)
			}
			next[n]++
			return nil
		}))
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		s.expectEnd(t, 0, false)
		var closed *upgrade.CloseError
		require.ErrorAs(t, c.Send(t.Context(), message.Text("late")), &closed)
		_, err := c.Ping(t.Context())
		require.ErrorAs(t, err, &closed)
		require.NoError(t, c.Close(3000, "twice"), "it was a clean closing")
	})
}

func TestCloseRefusesCodesThatMayNotBeSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(echo, quiet)
		c := wstest.NewServer(t, s).Dial("/")
		require.ErrorIs(t, c.Close(protocol.CloseAbnormal, ""), protocol.ErrInvalidClose)
		require.Nil(t, c.Closed())
		require.NoError(t, c.Close(protocol.CloseNoStatus, ""))
		s.expectEnd(t, 0, false)
	})
}
