package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 6455, 5.2 and 11.8.
func TestOpcodesAreDataControlOrReserved(t *testing.T) {
	names := map[Opcode]string{
		OpContinuation: "continuation", OpText: "text", OpBinary: "binary",
		OpClose: "close", OpPing: "ping", OpPong: "pong",
	}
	for o := Opcode(0); o < 16; o++ {
		name, defined := names[o]
		require.Equal(t, !defined, o.IsReserved(), "%v", o)
		require.Equal(t, o >= 8, o.IsControl(), "%v", o)
		require.Equal(t, defined && o < 8, o.IsData(), "%v", o)
		if defined {
			require.Equal(t, name, o.String())
		}
	}
	require.Equal(t, "opcode 11", Opcode(11).String())
	require.True(t, Opcode(16).IsReserved())
}
