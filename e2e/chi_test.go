package e2e_test

import (
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A handler behind chi's router and middleware. Parameters are read before the handshake, since chi takes them back when its
// handler has returned; PathValue stays.
func TestHandlerIsMountedInChi(t *testing.T) {
	var ws upgrade.Upgrader
	router := chi.NewRouter()
	logger := &middleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0)}
	router.Use(middleware.RequestLogger(logger), middleware.Recoverer)
	router.Handle("/rooms/{room}", ws.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
		room := chi.URLParam(q.Request, "room")
		if room == "closed" {
			return nil, upgrade.Reject(http.StatusForbidden, "closed")
		}
		return func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(in, func(m message.Message) message.Message {
				return message.Text(room + " " + q.PathValue("room") + ": " + m.Text())
			})
		}, nil
	}))
	server := wstest.NewServer(t, router)
	probe := server.Probe("/rooms/blue")
	probe.SendText("hello")
	probe.ExpectText("blue blue: hello")
	probe.SendCompletion()
	probe.ExpectCompletion()

	_, resp, err := server.Dialer().Dial(t.Context(), server.URL("/rooms/closed"))
	require.Error(t, err)
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}
