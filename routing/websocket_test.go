package routing_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What Akka HTTP's WebSocketDirectivesSpec asserts, and what follows from our own rules.

// greeter greets those who say their name as text, and ignores the others.
func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.MapConcat(in, func(m message.Message) []message.Message {
		if m.IsBinary() {
			return nil
		}
		return []message.Message{message.Text("Hello " + m.Text() + "!")}
	})
}

func echo(in flow.Source[message.Message]) flow.Source[message.Message] { return in }

var quiet = upgrade.Settings{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}

// ask sends a request for a connection, with a probe on it.
func ask(t *testing.T, path string) (*wstest.WSProbe, *wstest.Request) {
	probe := wstest.NewWSProbe(t)
	return probe, wstest.WS(path, probe.Flow())
}

func TestWebSocketRequestsAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe, request := ask(t, "/greeter")
		request.Run(routing.HandleWebSocketMessages(greeter)).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			require.Empty(t, r.Rejections())

			probe.SendMessage(message.Text("Peter"))
			probe.ExpectText("Hello Peter!")

			probe.SendMessage(message.Binary([]byte("abcdef")))
			probe.ExpectNoMessage(100 * time.Millisecond)

			probe.SendMessage(message.Text("John"))
			probe.ExpectText("Hello John!")

			probe.SendCompletion()
			probe.ExpectCompletion()
		})
	})
}

func greeterAndEcho() routing.Route {
	return routing.Concat(
		routing.HandleWebSocketMessagesForProtocol(greeter, "greeter"),
		routing.HandleWebSocketMessagesForProtocol(echo, "echo"),
	)
}

func TestRouteIsChosenByTheOfferedSubprotocol(t *testing.T) {
	for offered, reply := range map[string]string{"echo": "Peter", "greeter": "Hello Peter!"} {
		t.Run(offered, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				probe, request := ask(t, "/")
				request.Subprotocols("other", offered).Run(greeterAndEcho()).Check(func(r *wstest.Response) {
					require.True(t, r.IsWebSocketUpgrade())
					require.Equal(t, offered, r.Subprotocol())
					require.Equal(t, offered, r.Conn().Subprotocol())
					probe.SendText("Peter")
					probe.ExpectText(reply)
				})
			})
		})
	}
}

func TestOrderOfTheRoutesDecidesBetweenOfferedSubprotocols(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, request := ask(t, "/")
		require.Equal(t, "greeter", request.Subprotocols("echo", "greeter").Run(greeterAndEcho()).Subprotocol())
	})
}

func TestNoMatchingSubprotocolIsRejectedWithAllThatAreSupported(t *testing.T) {
	for name, offer := range map[string][]string{
		"others":            {"other"},
		"none":              nil,
		"in different case": {"ECHO", "Greeter"}, // RFC 6455, 4.2.2: exact; Akka's directive takes these and then fails with 500
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, request := ask(t, "/")
				r := request.Subprotocols(offer...).Run(greeterAndEcho())
				require.Equal(t, []error{
					&routing.SubprotocolRejection{Supported: []string{"greeter"}},
					&routing.SubprotocolRejection{Supported: []string{"echo"}},
				}, r.Rejections())
				require.Equal(t, http.StatusBadRequest, r.StatusCode)
				require.Equal(t, "greeter, echo", r.Header.Get("Sec-WebSocket-Protocol"))
				require.Equal(t, "no subprotocol that is spoken here is offered, there are: greeter, echo\n", r.Text())
				require.False(t, r.IsWebSocketUpgrade())
				require.Nil(t, r.Conn())
			})
		})
	}
}

func TestOptionalSubprotocolIsRequiredOnlyIfThereIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, request := ask(t, "/")
		r := request.Subprotocols("other").Run(routing.HandleWebSocketMessagesForOptionalProtocol(greeter, ""))
		require.True(t, r.IsWebSocketUpgrade())
		require.Empty(t, r.Subprotocol())

		_, request = ask(t, "/")
		r = request.Subprotocols("other").Run(routing.HandleWebSocketMessagesForOptionalProtocol(greeter, "greeter"))
		require.Len(t, r.Rejections(), 1)

		_, request = ask(t, "/")
		r = request.Subprotocols("greeter").Run(routing.HandleWebSocketMessagesForOptionalProtocol(greeter, "greeter"))
		require.Equal(t, "greeter", r.Subprotocol())
	})
}

func TestPlainRequestIsRejectedWithUpgradeRequired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := wstest.HTTP("GET", "/").Run(routing.HandleWebSocketMessages(greeter))
		require.Len(t, r.Rejections(), 1)
		var refused *upgrade.Rejection
		require.ErrorAs(t, r.Rejections()[0], &refused)
		require.Equal(t, http.StatusUpgradeRequired, refused.Status)

		require.Equal(t, http.StatusUpgradeRequired, r.StatusCode)
		require.Equal(t, "websocket", r.Header.Get("Upgrade"))
		require.Equal(t, "Upgrade", r.Header.Get("Connection"))
		require.Equal(t, "13", r.Header.Get("Sec-WebSocket-Version"))
		require.False(t, r.IsWebSocketUpgrade())
	})
}

func TestPlainRequestGoesToTheNextRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := routing.Concat(routing.HandleWebSocketMessages(greeter), says("page"))
		r := wstest.HTTP("GET", "/").Run(route)
		require.Equal(t, "page", r.Text())
		require.Empty(t, r.Rejections())

		_, request := ask(t, "/")
		require.True(t, request.Run(route).IsWebSocketUpgrade())
	})
}

func TestWithGivesItsUpgraderToTheRoutesBelow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := &upgrade.Upgrader{Settings: quiet, Subprotocols: []string{"v2"}, Origins: []string{"https://example.com"}}
		mux := http.NewServeMux()
		mux.Handle("/inner", routing.HandleWebSocketMessages(greeter))
		route := routing.With(ws, routing.Path("/", routing.Handler(mux)))

		_, request := ask(t, "/inner")
		r := request.Subprotocols("v1", "v2").Header("Origin", "https://example.com").Run(route)
		require.Equal(t, "v2", r.Subprotocol())

		_, request = ask(t, "/inner")
		r = request.Header("Origin", "https://example.org").Run(routing.With(ws, routing.HandleWebSocketMessages(greeter)))
		require.Equal(t, http.StatusForbidden, r.StatusCode)
		require.Len(t, r.Rejections(), 1)

		inner := &upgrade.Upgrader{Subprotocols: []string{"v3"}}
		_, request = ask(t, "/")
		r = request.Subprotocols("v2", "v3").Run(routing.With(ws, routing.With(inner, routing.HandleWebSocketMessages(greeter))))
		require.Equal(t, "v3", r.Subprotocol(), "the innermost counts")
	})
}

func TestShutdownOfTheUpgraderEndsConnectionsOfItsRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := new(upgrade.Upgrader)
		route := routing.With(ws, routing.HandleWebSocketMessages(greeter))
		probe, request := ask(t, "/")
		request.Run(route)
		require.NoError(t, ws.Shutdown(t.Context()))
		require.True(t, probe.ExpectClose(1001).FromPeer)

		_, request = ask(t, "/")
		r := request.Run(route)
		require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
		require.NotEmpty(t, r.Header.Get("Retry-After"))
	})
}

func TestExtractUpgradeMakesAHandlerOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		route := routing.Path("/rooms/{room}", routing.ExtractUpgrade(func(q *upgrade.Request) (upgrade.Handler, error) {
			if q.PathValue("room") == "full" {
				return nil, upgrade.Reject(http.StatusServiceUnavailable, "room is full")
			}
			q.Choose("chat.v2", "chat.v1")
			q.ResponseHeader().Set("X-Room", q.PathValue("room"))
			return func(flow.Source[message.Message]) flow.Source[message.Message] {
				return flow.Of(message.Text("welcome to " + q.PathValue("room")))
			}, nil
		}))
		probe, request := ask(t, "/rooms/42")
		r := request.Subprotocols("chat.v1").Run(route)
		require.Equal(t, "chat.v1", r.Subprotocol())
		require.Equal(t, "42", r.Header.Get("X-Room"))
		probe.ExpectText("welcome to 42")
		probe.ExpectClose(1000)

		_, request = ask(t, "/rooms/full")
		r = request.Run(route)
		require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
		require.Equal(t, "room is full\n", r.Text())
	})
}

func TestHandlerFindsPathValuesInTheRequestOfItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whereAmI := func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
				return emit(message.Text(upgrade.FromContext(ctx).Request().PathValue("room")))
			})
		}
		probe, request := ask(t, "/chat/lobby")
		request.Run(routing.Path("/chat/{room}", routing.HandleWebSocketMessages(whereAmI)))
		probe.ExpectText("lobby")
	})
}

func TestExtractOfferedProtocols(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		route := routing.ExtractOfferedProtocols(func(offered []string) routing.Route {
			seen = offered
			return routing.HandleWebSocketMessagesForProtocol(echo, offered[len(offered)-1])
		})
		_, request := ask(t, "/")
		require.Equal(t, "b", request.Subprotocols("a", "b").Run(route).Subprotocol())
		require.Equal(t, []string{"a", "b"}, seen)

		require.Equal(t, http.StatusUpgradeRequired, wstest.HTTP("GET", "/").Run(route).StatusCode)
	})
}
