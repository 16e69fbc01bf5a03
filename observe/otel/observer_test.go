package otel_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	wsotel "github.com/wsflow/wsflow/observe/otel"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

func echo(in source) source { return in }

// A setup is an observer with what it reports to.
type setup struct {
	observer *wsotel.Observer
	spans    *tracetest.SpanRecorder
	tracer   trace.Tracer // of the program
	reader   *sdkmetric.ManualReader
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	s := &setup{spans: tracetest.NewSpanRecorder(), reader: sdkmetric.NewManualReader()}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(s.spans))
	s.tracer = tracers.Tracer("test")
	var err error
	s.observer, err = wsotel.New(wsotel.Options{
		TracerProvider: tracers, MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader)),
		Propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Zero(t, s.observer.Live(), "connections that are over are held")
		require.NoError(t, s.observer.Close())
	})
	return s
}

func (s *setup) upgrader() *upgrade.Upgrader {
	return &upgrade.Upgrader{Settings: upgrade.Settings{
		Observer: s.observer, Logger: slog.New(slog.DiscardHandler), PingInterval: -1,
	}}
}

// only returns the one span that has ended, of a connection.
func (s *setup) only(t *testing.T) sdktrace.ReadOnlySpan {
	t.Helper()
	synctest.Wait()
	ended := s.spans.Ended()
	require.Len(t, ended, 1)
	require.Len(t, s.spans.Started(), 1)
	return ended[0]
}

func attributes(s interface {
	Attributes() []attribute.KeyValue
},
) map[string]any {
	all := map[string]any{}
	for _, kv := range s.Attributes() {
		all[string(kv.Key)] = kv.Value.AsInterface()
	}
	return all
}

// fail sends a message to a handler that fails because of it.
func fail(t *testing.T, u *upgrade.Upgrader, f func() error, want upgrade.CloseCode) {
	t.Helper()
	h := func(in source) source {
		return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, f() })
	}
	probe := wstest.NewWSProbe(t)
	wstest.WS("/", probe.Flow()).Run(u.Handler(h)).Check(func(*wstest.Response) {
		probe.SendText("abc")
		probe.ExpectClose(want)
	})
}

func TestConnectionIsASpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		u := s.upgrader()
		u.Subprotocols = []string{"chat"}
		mux := http.NewServeMux()
		mux.Handle("GET /rooms/{room}", u.Handler(echo))
		server := wstest.NewServer(t, mux)
		d := server.Dialer()
		d.Subprotocols, d.Header = []string{"chat"}, http.Header{"User-Agent": {"Ada"}}
		c, _, err := d.Dial(t.Context(), server.URL("/rooms/blue?token=secret"))
		require.NoError(t, err)
		synctest.Wait()
		require.Empty(t, s.spans.Ended())
		require.Equal(t, 1, s.observer.Live())
		require.NoError(t, c.Send(t.Context(), message.Text("abc")))
		time.Sleep(3 * time.Second)
		require.NoError(t, c.Close(protocol.CloseNormal, "bye"))

		span := s.only(t)
		require.Equal(t, "websocket /rooms/{room}", span.Name())
		require.Equal(t, trace.SpanKindServer, span.SpanKind())
		require.Equal(t, codes.Unset, span.Status().Code)
		require.Equal(t, 3*time.Second, span.EndTime().Sub(span.StartTime()))
		got := attributes(span)
		require.NotEmpty(t, got["websocket.connection.id"])
		require.NotEmpty(t, got["client.address"])
		require.Equal(t, got["client.address"], got["network.peer.address"])
		for _, key := range []string{"websocket.connection.id", "client.address", "client.port", "network.peer.address", "network.peer.port"} {
			delete(got, key)
		}
		require.Equal(t, map[string]any{
			"websocket.role": "server", "network.protocol.name": "websocket", "network.protocol.version": "13", "network.transport": "tcp",
			"websocket.subprotocol": "chat", "url.scheme": "ws", "url.path": "/rooms/blue", "server.address": "server", "server.port": int64(80),
			"http.route": "/rooms/{room}", "user_agent.original": "Ada",
			"websocket.close.code": int64(1000), "websocket.close.reason": "bye", "websocket.close.clean": true, "websocket.close.from_peer": true,
			"websocket.messages.in": int64(1), "websocket.messages.out": int64(1),
		}, got)
	})
}

func TestParentIsInTheContextOfTheRequestOrInItsHeader(t *testing.T) {
	for name, inContext := range map[string]bool{"context": true, "header": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetup(t)
				h := s.upgrader().Handler(echo)
				ctx, parent := s.tracer.Start(t.Context(), "parent")
				around := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if inContext {
						r = r.WithContext(ctx)
					}
					h.ServeHTTP(w, r)
				})
				server := wstest.NewServer(t, around)
				d := server.Dialer()
				d.Header = make(http.Header)
				if !inContext {
					propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(d.Header))
				}
				c, _, err := d.Dial(t.Context(), server.URL("/"))
				require.NoError(t, err)
				require.NoError(t, c.Close(protocol.CloseNormal, ""))
				synctest.Wait()
				parent.End()
				ended := s.spans.Ended()
				require.Len(t, ended, 2)
				require.Equal(t, parent.SpanContext().SpanID(), ended[0].Parent().SpanID())
				require.Equal(t, parent.SpanContext().TraceID(), ended[0].SpanContext().TraceID())
				require.Equal(t, !inContext, ended[0].Parent().IsRemote())
			})
		})
	}
}

func TestSpansOfAHandlerAreChildrenAndHaveTheBaggage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		users := make(chan string, 1)
		h := func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m message.Message) (message.Message, error) {
				_, span := s.tracer.Start(ctx, "work")
				span.End()
				users <- baggage.FromContext(ctx).Member("user").Value()
				return m, nil
			})
		}
		server := wstest.NewServer(t, s.upgrader().Handler(h))
		d := server.Dialer()
		d.Header = http.Header{"Baggage": {"user=ada"}}
		c, _, err := d.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		require.NoError(t, c.Send(t.Context(), message.Text("abc")))
		require.Equal(t, "ada", <-users)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		synctest.Wait()
		ended := s.spans.Ended()
		require.Len(t, ended, 2)
		require.Equal(t, "work", ended[0].Name())
		require.Equal(t, ended[1].SpanContext().SpanID(), ended[0].Parent().SpanID())
	})
}

func TestDialedConnectionIsASpanOfKindClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		server := wstest.NewServer(t, new(upgrade.Upgrader).Handler(echo))
		d := server.Dialer()
		d.Observer = s.observer
		ctx, parent := s.tracer.Start(t.Context(), "parent")
		parent.End()
		c, _, err := d.Dial(ctx, server.URL("/room?token=secret"))
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		synctest.Wait()
		span := s.spans.Ended()[1]
		require.Equal(t, "websocket", span.Name())
		require.Equal(t, trace.SpanKindClient, span.SpanKind())
		require.Equal(t, parent.SpanContext().SpanID(), span.Parent().SpanID())
		got := attributes(span)
		require.Equal(t, "client", got["websocket.role"])
		require.Equal(t, "ws://server/room", got["url.full"])
		require.NotContains(t, got, "client.address")
	})
}

func TestFailuresAreExceptionsOfTheSpan(t *testing.T) {
	for name, tc := range map[string]struct {
		f    func() error
		kind string
	}{
		"error": {func() error { return errors.New("boom") }, "*errors.errorString"},
		"panic": {func() error { panic("boom") }, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetup(t)
				fail(t, s.upgrader(), tc.f, protocol.CloseInternalError)
				span := s.only(t)
				require.Equal(t, codes.Error, span.Status().Code)
				require.Equal(t, tc.kind, attributes(span)["error.type"])
				require.Len(t, span.Events(), 1)
				require.Equal(t, "exception", span.Events()[0].Name)
				event := map[attribute.Key]string{}
				for _, kv := range span.Events()[0].Attributes {
					event[kv.Key] = kv.Value.AsString()
				}
				require.Equal(t, tc.kind, event["exception.type"])
				require.Contains(t, event["exception.message"], "boom")
				require.Equal(t, name == "panic", event["exception.stacktrace"] != "")
			})
		})
	}
}

func TestStatusOfASpanIsThatOfItsCloseCode(t *testing.T) {
	over := &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Err: &upgrade.LimitError{Limit: upgrade.LimitByteRate}}
	for name, tc := range map[string]struct {
		err       *upgrade.CloseError
		status    codes.Code
		errorType any
	}{
		"going away": {&upgrade.CloseError{Code: protocol.CloseGoingAway}, codes.Unset, nil},
		"a limit":    {over, codes.Error, "1008"},
		"private":    {&upgrade.CloseError{Code: 4001}, codes.Unset, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetup(t)
				fail(t, s.upgrader(), func() error { return tc.err }, tc.err.Code)
				span := s.only(t)
				require.Equal(t, tc.status, span.Status().Code)
				require.Equal(t, tc.errorType, attributes(span)["error.type"])
				if tc.err == over {
					require.Equal(t, "byte_rate", attributes(span)["websocket.limit"])
				}
			})
		})
	}
}

func TestSpanOfAConnectionThatIsCutEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		hangs := func(in source) source { // and ignores its context
			return flow.Map(in, func(m message.Message) message.Message { time.Sleep(time.Hour); return m })
		}
		peer := wstest.NewServer(t, s.upgrader().Handler(hangs)).Peer("/")
		peer.WriteText("abc")
		synctest.Wait()
		peer.Cut()
		time.Sleep(time.Second) // until somebody reads in the handler's stead
		span := s.only(t)
		require.Equal(t, codes.Error, span.Status().Code)
		require.Equal(t, "1006", attributes(span)["error.type"])
		require.Equal(t, int64(1006), attributes(span)["websocket.close.code"])
		time.Sleep(2 * time.Hour) // until the handler has ended, too
		require.Len(t, s.spans.Ended(), 1)
	})
}

func TestContextOfAHandlerWhoseConnectionIsOverIsLeftAlone(t *testing.T) {
	s := newSetup(t)
	server := wstest.NewServer(t, new(upgrade.Upgrader).Handler(echo))
	require.Equal(t, t.Context(), s.observer.ConnContext(t.Context(), server.Dial("/")))
}
