package protocol

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCloseErrorSaysWhoClosed(t *testing.T) {
	for want, e := range map[string]CloseError{
		"websocket: closed by peer: 1002 protocol error: text": {Code: CloseProtocolError, Reason: "text", FromPeer: true},
		"websocket: closed by peer: 1001 going away":           {Code: CloseGoingAway, FromPeer: true},
		"websocket: closed: 1006 abnormal closure":             {Code: CloseAbnormal},
		"websocket: closed: 4001: bye":                         {Code: 4001, Reason: "bye"},
	} {
		require.Equal(t, want, e.Error())
	}
}

func TestCloseErrorHasWhatLiesBehindIt(t *testing.T) {
	behind := errors.New("connection reset")
	e := &CloseError{Code: CloseAbnormal, Err: behind}
	require.Equal(t, "websocket: closed: 1006 abnormal closure: connection reset", e.Error())
	require.ErrorIs(t, e, behind)
	require.NoError(t, (&CloseError{Code: CloseNormal}).Unwrap())
}

func TestCloseErrorIsFoundInsideAnother(t *testing.T) {
	err := fmt.Errorf("reading: %w", protocolError("5.1", "not masked"))
	var e *CloseError
	require.True(t, errors.As(err, &e))
	require.Equal(t, "not masked (RFC 6455, 5.1)", e.Reason)
}
