package faults_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
)

// relayed returns the two ends of a connection with a relay between them, which ends with the test.
func relayed(t *testing.T, f faults.Faults) (client, server *wire.Conn, r *faults.Relay) {
	t.Helper()
	client, near := wire.Pipe(wire.Options{})
	far, server := wire.Pipe(wire.Options{})
	r = faults.Join(near, far, f)
	t.Cleanup(func() {
		client.Abort()
		server.Abort()
		<-r.Gone()
	})
	return client, server, r
}

func TestLatencyIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := relayed(t, faults.Faults{ToServer: faults.Direction{Latency: 70 * time.Millisecond}})
		start := time.Now()
		_, err := client.Write([]byte("hello"))
		require.NoError(t, err)
		got := make([]byte, 5)
		_, err = io.ReadFull(server, got)
		require.NoError(t, err)
		require.Equal(t, "hello", string(got))
		require.Equal(t, 70*time.Millisecond, time.Since(start))
	})
}

func TestBandwidthIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := relayed(t, faults.Faults{ToServer: faults.Direction{Bandwidth: 3_000, Latency: time.Second}})
		start := time.Now()
		go func() { _, _ = client.Write(make([]byte, 300_000)) }()
		_, err := io.ReadFull(server, make([]byte, 300_000))
		require.NoError(t, err)
		require.Equal(t, 101*time.Second, time.Since(start))
	})
}
