package wstest_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
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

// silent is an Upgrader that logs nothing.
func silent(s upgrade.Settings) *upgrade.Upgrader {
	s.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	return &upgrade.Upgrader{Settings: s}
}

// meet begins a conversation between a probe and a handler.
func meet(tb testing.TB, h upgrade.Handler) *wstest.WSProbe {
	probe := wstest.NewWSProbe(tb)
	wstest.WS("/", probe.Flow()).Run(silent(upgrade.Settings{}).Handler(h))
	return probe
}

func echo(in flow.Source[message.Message]) flow.Source[message.Message] { return in }

// says is a handler that sends messages and completes.
func says(messages ...message.Message) upgrade.Handler {
	return func(flow.Source[message.Message]) flow.Source[message.Message] { return flow.Of(messages...) }
}

// fails is a handler that fails at once.
func fails(err error) upgrade.Handler {
	return func(flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Fail[message.Message](err)
	}
}

func TestConversationDoesNotDependOnHowTheWireCuts(t *testing.T) {
	long := strings.Repeat("ä€😀", 1000)
	for name, chunking := range map[string]wstest.Chunking{
		"whole": wstest.Whole, "byte by byte": wstest.ByteByByte, "at random": wstest.AtRandom(1),
	} {
		for _, tls := range []bool{false, true} {
			for _, streaming := range []bool{false, true} {
				wire := wstest.Wire{TLS: tls, ClientReads: chunking, ServerReads: chunking}
				settings := upgrade.Settings{Streaming: streaming}
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						probe := wstest.NewWSProbe(t)
						wstest.WS("/", probe.Flow()).Over(wire).Settings(settings).Run(silent(settings).Handler(echo))
						probe.SendText("Peter")
						probe.ExpectText("Peter")
						probe.SendText(long)
						probe.ExpectText(long)
						probe.SendText("a\xe2", "\x82", "\xac", "", "b")
						probe.ExpectText("a€b")
						probe.SendBinary([]byte{0, 255}, []byte{1})
						probe.ExpectBinary([]byte{0, 255, 1})
						probe.SendText()
						probe.ExpectText("")
						probe.SendCompletion()
						probe.ExpectCompletion()
					})
				})
			}
		}
	}
}

func TestConversationOverEveryWire(t *testing.T) {
	for _, wire := range wstest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			probe := wstest.NewWSProbe(t)
			r := wstest.WS("/", probe.Flow()).Over(wire).Run(silent(upgrade.Settings{}).Handler(echo))
			require.Equal(t, wire.TLS, r.Conn().TLS() != nil)
			probe.SendText("Peter")
			probe.ExpectText("Peter")
			probe.SendClose(4000, "enough")
			require.Equal(t, "enough", probe.ExpectClose(4000).Reason)
		})
	}
}

func TestQuietHourTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		probe := meet(t, echo)
		probe.ExpectNoMessage(time.Hour) // with the keep-alive pings that belong to it
		probe.SendText("still there?")
		probe.ExpectText("still there?")
		require.Equal(t, time.Hour, time.Since(began))
	})
}

func TestJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type point struct{ X, Y int }
		probe := meet(t, message.JSON(func(in flow.Source[point]) flow.Source[point] {
			return flow.Map(in, func(p point) point { return point{X: p.Y, Y: p.X} })
		}))
		probe.SendJSON(point{X: 1, Y: 2})
		probe.ExpectJSON(point{X: 2, Y: 1})
		probe.SendText(`{"Y": 12345678901234567890}`)
		require.Equal(t, protocol.CloseInvalidPayload, probe.ExpectClose(1007).Code)

		probe = meet(t, says(message.Text(`{ "b": [1, null], "a": "x" }`)))
		probe.ExpectJSON(map[string]any{"a": "x", "b": []any{1, nil}})
	})
}

func TestExpectMessageFuncReturnsTheMessageThatMatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := meet(t, says(message.Text("id 42"), message.Binary(nil)))
		m := probe.ExpectMessageFunc(func(m message.Message) bool { return strings.HasPrefix(m.Text(), "id ") })
		require.Equal(t, "id 42", m.Text())
		require.True(t, probe.ExpectMessage().IsBinary())
	})
}

func TestProbeSeesHowTheHandlerEnds(t *testing.T) {
	for name, test := range map[string]struct {
		handler upgrade.Handler
		code    upgrade.CloseCode
		clean   bool
	}{
		"completes":               {says(), 1000, true},
		"fails":                   {fails(errors.New("oops")), 1011, false},
		"fails with a CloseError": {fails(&upgrade.CloseError{Code: 4001, Reason: "mine"}), 4001, false},
		"goes away":               {fails(&upgrade.CloseError{Code: 1001}), 1001, true},
		"panics":                  {func(flow.Source[message.Message]) flow.Source[message.Message] { panic("oops") }, 1011, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				probe := meet(t, test.handler)
				closed := probe.ExpectClose(test.code)
				require.True(t, closed.FromPeer)
				require.NotContains(t, closed.Reason, "oops")
				if test.clean {
					probe.ExpectCompletion()
				} else {
					require.ErrorIs(t, probe.ExpectFailure(), error(closed))
				}
			})
		})
	}
}

func TestHandlerSeesHowTheProbeEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(p *wstest.WSProbe)
		code upgrade.CloseCode
	}{
		"SendCompletion":              {(*wstest.WSProbe).SendCompletion, 1000},
		"SendClose":                   {func(p *wstest.WSProbe) { p.SendClose(4002, "x") }, 4002},
		"SendClose without a code":    {func(p *wstest.WSProbe) { p.SendClose(protocol.CloseNoStatus, "") }, 1005},
		"SendError":                   {func(p *wstest.WSProbe) { p.SendError(errors.New("oops")) }, 1011},
		"SendError with a CloseError": {func(p *wstest.WSProbe) { p.SendError(&upgrade.CloseError{Code: 4003}) }, 4003},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := wstest.NewWSProbe(t)
				client := wstest.NewWSProbe(t)
				settings := upgrade.Settings{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
				wstest.WS("/", client.Flow()).Settings(settings).Run(upgrade.Default.Handler(server.Flow()))
				client.SendText("last words")
				test.end(client)
				server.ExpectText("last words")
				require.True(t, server.ExpectClose(test.code).FromPeer)
				client.ExpectClose(test.code)
			})
		})
	}
}

func TestRepliesAfterSendCompletionStillArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := meet(t, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Concat(in, flow.Of(message.Text("bye")))
		})
		probe.SendText("hello")
		probe.SendCompletion()
		probe.ExpectText("hello")
		probe.ExpectText("bye")
		probe.ExpectCompletion()
	})
}

func TestProbeWithoutBufferIsFeltByThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int64
		flood := func(flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromFunc(func(_ context.Context, emit func(message.Message) error) error {
				for {
					if err := emit(message.Text(strings.Repeat("x", 1000))); err != nil {
						return err
					}
					sent.Add(1)
				}
			})
		}
		probe := wstest.NewWSProbe(t)
		probe.Buffer = -1
		patient := upgrade.Settings{WriteTimeout: -1, PingInterval: -1}
		wstest.WS("/", probe.Flow()).Settings(patient).Run(silent(patient).Handler(flood))
		time.Sleep(time.Minute)
		before := sent.Load()
		require.Less(t, before, int64(300))
		time.Sleep(time.Minute)
		require.Equal(t, before, sent.Load())
		for range 300 {
			probe.ExpectMessage()
		}
		synctest.Wait()
		require.Greater(t, sent.Load(), before)
	})
}

func TestConnectionIsCutWhenTheTestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wstest.NewWSProbe(t)
		require.Empty(t, failureOf(func(tb testing.TB) {
			probe := wstest.NewWSProbe(tb)
			wstest.WS("/", probe.Flow()).Run(upgrade.Default.Handler(server.Flow()))
			probe.SendText("Peter")
			server.ExpectText("Peter")
		}))
		server.ExpectClose(1006)
	})
}

func TestProbeServesOneConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := meet(t, echo)
		second := wstest.NewWSProbe(t)
		wstest.WS("/", second.Flow()).Run(silent(upgrade.Settings{}).Handler(probe.Flow()))
		second.ExpectClose(1011)
		probe.SendText("Peter")
		probe.ExpectText("Peter")
	})
}
