package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEventTypeString(t *testing.T) {
	for typ, want := range map[EventType]string{
		0: "none", EventData: "data", EventPing: "ping", EventPong: "pong", EventClose: "close",
	} {
		require.Equal(t, want, typ.String())
	}
}
