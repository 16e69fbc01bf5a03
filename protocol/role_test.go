package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestZeroRoleIsServer(t *testing.T) {
	var r Role
	require.Equal(t, Server, r)
	require.Equal(t, "server", r.String())
	require.Equal(t, "client", Client.String())
}
