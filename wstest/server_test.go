package wstest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestServerIsReachedOverEveryWire(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/echo", upgrade.Default.Handler(echo))
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
	for _, wire := range append(wstest.Wires(), wstest.Wire{TLS: true}, wstest.Wire{Buffer: 1, ClientReads: wstest.AtRandom(7)}) {
		t.Run(wire.String(), func(t *testing.T) {
			s := wstest.NewServer(t, mux, wire)

			response, err := s.Client().Get(s.HTTPURL("/page"))
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			require.Equal(t, "page", string(body))

			c := s.Dial("/echo")
			require.NoError(t, c.Send(t.Context(), message.Text("Peter")))
			got, err := flow.Head[message.Message]().Run(t.Context(), c.Source())
			require.NoError(t, err)
			require.Equal(t, "Peter", got.Text())
			require.NoError(t, c.Close(1000, ""))

			_, refused, err := s.Dialer().Dial(t.Context(), s.URL("/page"))
			require.Error(t, err)
			require.Equal(t, http.StatusOK, refused.StatusCode)

			raw := s.RawDial()
			_, err = io.WriteString(raw, "GET /page HTTP/1.0\r\n\r\n")
			require.NoError(t, err)
			answer, err := io.ReadAll(raw)
			require.NoError(t, err)
			require.Contains(t, string(answer), "200 OK")
			require.Equal(t, s.Addr().String(), raw.RemoteAddr().String())
		})
	}
}

func TestServerCutsWhatTheTestLeavesOpen(t *testing.T) {
	for _, wire := range wstest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			ended := make(chan error, 1)
			ws := silent(upgrade.Settings{})
			began := time.Now()
			require.Empty(t, failureOf(func(tb testing.TB) {
				mux := http.NewServeMux()
				mux.Handle("/other", ws.Handler(echo))
				mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { ended <- ws.Serve(w, r, echo) })
				s := wstest.NewServer(tb, mux, wire)
				p := s.Peer("/")
				p.WriteText("Peter")
				p.ExpectText("Peter")
				s.Dial("/other")
				s.RawDial()
			}))
			require.Less(t, time.Since(began), time.Second)
			require.ErrorContains(t, <-ended, "1006")
		})
	}
}

func TestServerRefusesDialsWhenTheTestIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *wstest.Server
		require.Empty(t, failureOf(func(tb testing.TB) { s = wstest.NewServer(tb, http.NotFoundHandler()) }))
		_, _, err := s.Dialer().Dial(context.Background(), s.URL("/"))
		require.Error(t, err)
	})
}

func TestServerFailsTheTestThatItCannotServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewServer(tb, http.NotFoundHandler()).Dial("/") }), "Dial /: ")
		require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewServer(tb, http.NotFoundHandler()).Peer("/") }), "Peer /: ")
		require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewPeerServer(tb).Accept() }), "no client came within 3s")
	})
	require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewServer(tb, nil, wstest.Wire{TCP: true, Buffer: 1}) }), "for wires in memory")
	require.Panics(t, func() { wstest.NewServer(t, nil, wstest.Wire{}, wstest.Wire{}) })
}
