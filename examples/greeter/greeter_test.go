package main

import (
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

func testRoutes() http.Handler {
	return routes(&upgrade.Upgrader{Settings: upgrade.Settings{Streaming: true}})
}

func TestGreeterGreets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		wstest.WS("/greeter", probe.Flow()).Run(testRoutes()).Check(func(r *wstest.Response) {
			require.True(t, r.IsWebSocketUpgrade())
			probe.SendText("Peter")
			probe.ExpectText("Hello Peter!")
			probe.SendMessage(message.Binary([]byte("abcdef")))
			probe.ExpectNoMessage(100 * time.Millisecond)
			probe.SendCompletion()
			probe.ExpectCompletion()
		})
	})
}

// The plain case needs no probe.
func TestGreeterIsAFlow(t *testing.T) {
	replies, err := flow.Collect(t.Context(), greeter(flow.Of(message.Text("Ada"), message.Binary([]byte{1}))))
	require.NoError(t, err)
	require.Equal(t, []message.Message{message.Text("Hello Ada!")}, replies)
}

func TestStreamedNameIsGreetedWhileItArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probe := wstest.NewWSProbe(t)
		wstest.WS("/greeter", probe.Flow()).Run(testRoutes()).Check(func(*wstest.Response) {
			probe.SendText("Pe", "ter")
			probe.ExpectText("Hello Peter!")
		})
	})
}

func TestEverythingElseIsToldWhatIsWrong(t *testing.T) {
	for target, status := range map[string]int{"/greeter": 426, "/": 200, "/elsewhere": 404} {
		r := wstest.HTTP(http.MethodGet, target).Run(testRoutes())
		require.Equal(t, status, r.StatusCode, target)
		require.NotEmpty(t, r.Text(), target)
	}
	r := wstest.HTTP(http.MethodPost, "/greeter").Run(testRoutes())
	require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
	r = wstest.HTTP(http.MethodGet, "/greeter").
		Header("Connection", "Upgrade").Header("Upgrade", "websocket").
		Header("Sec-WebSocket-Version", "13").Header("Sec-WebSocket-Key", "malformed").
		Run(testRoutes())
	require.Equal(t, http.StatusBadRequest, r.StatusCode)
	require.Contains(t, r.Text(), "Sec-WebSocket-Key")
}

func TestDiagnosisIsServedIfItIsAskedFor(t *testing.T) {
	asked := routes(&upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}})
	for _, target := range []string{"/debug/flows", "/debug/vars"} {
		require.Equal(t, http.StatusOK, wstest.HTTP(http.MethodGet, target).Run(asked).StatusCode)
		require.Equal(t, http.StatusNotFound, wstest.HTTP(http.MethodGet, target).Run(testRoutes()).StatusCode)
	}
}
