package requirements_test

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

func echo(in source) source {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

// numbers pushes n messages and completes.
func numbers(n int) upgrade.Handler {
	return func(source) source {
		return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
			for i := range n {
				if err := emit(message.Text(strconv.Itoa(i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// onWires runs a test over memory, in virtual time, over TCP and over TLS.
func onWires(t *testing.T, test func(t *testing.T, w wstest.Wire)) {
	t.Helper()
	for _, w := range wstest.Wires() {
		t.Run(w.String(), func(t *testing.T) {
			if w.TCP {
				test(t, w)
				return
			}
			synctest.Test(t, func(t *testing.T) { test(t, w) })
		})
	}
}

// A chunk of a text that ends inside a character goes out so that what arrives is the text.
func TestA16CharacterSplitOverChunksOfAReply(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		const text = "a\U0001F600b"
		var chunks []string
		for i := range len(text) {
			chunks = append(chunks, text[i:i+1])
		}
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, ws.Handler(func(source) source {
			return flow.Of(message.TextStream(flow.Of(chunks...)))
		}), w)
		got, err := flow.Collect(t.Context(), s.Dial("/").Source())
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, text, got[0].Text())
	})
}

// Both ends ping, again and again; frames of the client are masked, and its peer, which judges that, stays.
func TestA20KeepAliveOfBothEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := make(chan *upgrade.Conn, 1)
		ws := upgrade.Upgrader{Settings: upgrade.Settings{PingInterval: 7 * time.Second}}
		s := wstest.NewServer(t, ws.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
			return func(in source) source {
				return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
					conns <- upgrade.FromContext(ctx)
					return m, nil
				})
			}, nil
		}))
		d := s.Dialer()
		d.PingInterval = 5 * time.Second
		client, _, err := d.Dial(t.Context(), s.URL("/"))
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() {
			ended <- client.Run(context.Background(), func(in source) source {
				return flow.Filter(in, func(message.Message) bool { return false })
			})
		}()
		time.Sleep(time.Hour)
		require.NoError(t, client.Send(t.Context(), message.Text("still there?")))
		server := <-conns
		require.Nil(t, server.Closed())
		require.Nil(t, client.Closed())
		require.NoError(t, client.Close(protocol.CloseNormal, ""))
		<-ended
	})
}

func TestA41StrictOfNothing(t *testing.T) {
	for _, m := range []message.Message{
		message.TextStream(flow.Empty[string]()), message.BinaryStream(flow.Empty[[]byte]()), message.TextStream(flow.Of("", "")),
	} {
		strict, err := m.Strict(t.Context(), 10)
		require.NoError(t, err)
		require.True(t, strict.IsStrict())
		require.Equal(t, m.Kind(), strict.Kind())
		require.Empty(t, strict.Bytes())
	}
}

func TestA42StrictOfAMessageWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, m := range []message.Message{message.TextStream(flow.Never[string]()), message.BinaryStream(flow.Never[[]byte]())} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, err := m.Strict(ctx, 10)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
	})
}

func TestA45HandlerThatPushesAndCompletes(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		var ws upgrade.Upgrader
		p := wstest.NewServer(t, ws.Handler(numbers(5)), w).Peer("/")
		for i := range 5 {
			p.ExpectText(strconv.Itoa(i))
		}
		p.ExpectClose(protocol.CloseNormal)
		p.WriteClose(protocol.CloseNormal, "")
		p.ExpectEOF()
	})
}

func TestA67AHundredEchoesAndACleanEnd(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		ended := make(chan error, 1)
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, serve(&ws, echo, ended), w)
		c := s.Dial("/")
		got, err := flow.Collect(t.Context(), flow.Take(c.Flow()(flow.Concat(numbers(100)(source{}), flow.Never[message.Message]())), 100))
		require.NoError(t, err)
		for i, m := range got {
			require.Equal(t, strconv.Itoa(i), m.Text())
		}
		require.NoError(t, <-ended)
	})
}

func TestA68CutAfterAHundred(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		ended := make(chan error, 1)
		var ws upgrade.Upgrader
		s := wstest.NewServer(t, serve(&ws, func(in source) source {
			return flow.Concat(numbers(100)(in), flow.Never[message.Message]())
		}, ended), w)
		raw := make(chan func(), 1)
		d := s.Dialer()
		dial := d.DialContext
		d.DialContext = func(ctx context.Context, network, addr string) (conn net.Conn, err error) {
			conn, err = dial(ctx, network, addr)
			if err == nil {
				raw <- func() { _ = conn.Close() }
			}
			return conn, err
		}
		c, _, err := d.Dial(t.Context(), s.URL("/"))
		require.NoError(t, err)
		cut := <-raw
		n := 0
		err = c.Source().Run(t.Context(), func(message.Message) error {
			if n++; n == 100 {
				cut()
			}
			return nil
		})
		var closed *upgrade.CloseError
		require.ErrorAs(t, err, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		require.Equal(t, 100, n)
		require.ErrorAs(t, <-ended, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		_ = c.Close(protocol.CloseNormal, "")
	})
}

// serve serves one handler, and tells how each connection ended.
func serve(ws *upgrade.Upgrader, h upgrade.Handler, ended chan<- error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ended <- ws.Serve(w, r, h) })
}
