package routing_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A shutter shuts the Upgrader down while a connection is being handed over, in a bubble.
type shutter struct {
	http.ResponseWriter
	ws *upgrade.Upgrader
}

func (s shutter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	go func() { _ = s.ws.Shutdown(context.Background()) }()
	synctest.Wait() // it has begun, and waits for the handshake
	return http.NewResponseController(s.ResponseWriter).Hijack()
}

func TestShutdownDuringTheHandshakeClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := new(upgrade.Upgrader)
		route := routing.With(ws, routing.HandleWebSocketMessages(echo))
		probe := wstest.NewWSProbe(t)
		wstest.WS("/", probe.Flow()).Run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			route.ServeHTTP(shutter{ResponseWriter: w, ws: ws}, r)
		}))
		probe.ExpectClose(1001)
		time.Sleep(time.Second) // the closing handshake ends
	})
}
