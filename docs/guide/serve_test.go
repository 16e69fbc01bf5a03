package guide_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// serve serves until ctx is done, such as that of signal.NotifyContext, and then lets the connections end in good order.
func serve(ctx context.Context, listener net.Listener) error {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("GET /lengths", ws.Handler(lengths))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return upgrade.Shutdown(ctx, server, &ws)
}

func TestServeEndsInGoodOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := wire.Listen()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- serve(ctx, listener) }()
		dialer := upgrade.Dialer{DialContext: listener.DialContext}
		conn, _, err := dialer.Dial(t.Context(), "ws://server/lengths")
		require.NoError(t, err)
		probe := wstest.NewWSProbe(t)
		go func() { _ = conn.Run(context.Background(), probe.Flow()) }()
		probe.SendText(`{"id":1,"of":"abc"}`)
		probe.ExpectText(`{"id":1,"is":3}`)
		cancel()
		probe.ExpectClose(1001)
		require.NoError(t, <-ended)
	})
}
