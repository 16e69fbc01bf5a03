package upgrade_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

// The peer of a violation that the stand-in has found gets the time to see why, but not longer than a shutdown has.
func TestShutdownCutsAConnectionThatOnlyHearsItsPeerOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := quiet
		settings.CloseTimeout = -1
		s := serve(slow(time.Hour, make(chan error, 1)), settings)
		p := connect(t, wstest.NewServer(t, s), "/")
		p.text("x")
		time.Sleep(time.Second)
		p.Write([]byte{0x89, 0xff}) // a ping that is too long
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		require.NoError(t, s.Shutdown(ctx))
		s.expectEnd(t, protocol.CloseProtocolError, false)
	})
}
