package requirements_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A server whose routes upgrade is an ordinary one for whoever does not ask for it, plain and over TLS; what a client is answered
// instead of a connection can be read.
func TestS17ServerAndClientAreOrdinaryOnesWithoutAnUpgrade(t *testing.T) {
	var ws upgrade.Upgrader
	mux := http.NewServeMux()
	mux.Handle("GET /echo", ws.Handler(echo))
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Method+" "+string(body))
	})
	for _, w := range wstest.Wires() {
		t.Run(w.String(), func(t *testing.T) {
			s := wstest.NewServer(t, mux, w)
			for range 2 { // on one connection, which is kept
				resp, err := s.Client().Post(s.HTTPURL("/page"), "text/plain", nil)
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, "POST ", string(body))
			}
			resp, err := s.Client().Get(s.HTTPURL("/echo"))
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)

			_, resp, err = s.Dialer().Dial(t.Context(), s.URL("/page"))
			require.Error(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, "GET ", string(body))

			probe := s.Probe("/echo")
			probe.SendText("a")
			probe.ExpectText("a")
			probe.SendCompletion()
			probe.ExpectCompletion()
		})
	}
}

// What SocketsTest does, plain and over TLS: text and binary of every length class, fragments, pings, closings by either side.
func TestS17EveryExchangePlainAndOverTLS(t *testing.T) {
	for _, w := range wstest.Wires() {
		t.Run(w.String(), func(t *testing.T) {
			var ws upgrade.Upgrader
			s := wstest.NewServer(t, ws.Handler(echo), w)
			p := s.Peer("/")
			for _, n := range []int{0, 1, 125, 126, 65535, 65536, 100_000} {
				payload := make([]byte, n)
				p.WriteFrames(wstest.BinaryFrame(payload))
				p.ExpectFrame(wstest.BinaryFrame(payload))
				p.WriteText(string(payload))
				p.ExpectText(string(payload))
			}
			p.WriteFrames(
				wstest.Frame{Opcode: protocol.OpText, Payload: []byte("ab"), More: true},
				wstest.Frame{Opcode: protocol.OpPing, Payload: []byte("p")},
				wstest.Frame{Payload: []byte("cd")},
			)
			p.ExpectFrame(wstest.Frame{Opcode: protocol.OpPong, Payload: []byte("p")})
			p.ExpectText("abcd")
			p.WriteClose(protocol.CloseNormal, "bye")
			p.ExpectClose(protocol.CloseNormal)

			c := s.Dial("/")
			require.NoError(t, c.Close(protocol.CloseGoingAway, ""))
		})
	}
}
