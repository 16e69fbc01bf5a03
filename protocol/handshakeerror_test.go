package protocol

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireStatus checks that err is a HandshakeError with the given status, whose
// reason contains what.
func requireStatus(t testing.TB, err error, status int, what string) *HandshakeError {
	t.Helper()
	var e *HandshakeError
	require.ErrorAs(t, err, &e)
	require.Equal(t, status, e.Status, "%v", err)
	require.Contains(t, e.Reason, what)
	return e
}

func TestHandshakeErrorIsAWholeResponse(t *testing.T) {
	e := &HandshakeError{
		Status: 426,
		Header: Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Version": {"13"}},
		Reason: "version is not 13",
	}
	require.Equal(t, "x"+
		"HTTP/1.1 426 Upgrade Required\r\n"+
		"Connection: Upgrade, close\r\n"+
		"Content-Length: 18\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n"+
		"Sec-Websocket-Version: 13\r\n"+
		"Upgrade: websocket\r\n"+
		"\r\n"+
		"version is not 13\n", string(e.AppendTo([]byte("x"))))
	require.Equal(t, "websocket: handshake: version is not 13 (status 426)", e.Error())
	require.Equal(t, "websocket: handshake: gone", (&HandshakeError{Reason: "gone"}).Error())
}

func TestHandshakeErrorIsReadByNetHTTP(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 408, 426, 429, 431, 500, 501, 503, 505} {
		e := &HandshakeError{Status: status, Reason: "because", Header: Header{"X": {"1", "2"}}}
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(e.AppendTo(nil))), nil)
		require.NoError(t, err)
		require.Equal(t, status, r.StatusCode)
		require.Contains(t, r.Status, http.StatusText(status))
		require.True(t, r.Close)
		require.Equal(t, []string{"1", "2"}, r.Header["X"])
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Equal(t, "because\n", string(body))
	}
}

func TestHandshakeErrorSmugglesNothing(t *testing.T) {
	e := &HandshakeError{Status: 101, Reason: "a\r\nb", Header: Header{
		"X\r\nY": {"name"}, "Good": {"fine", "a\r\nEvil: 1"}, "Connection": {"a\nEvil: 2"},
		"Content-Length": {"0"}, "transfer-encoding": {"chunked"}, "": {"empty"},
	}}
	require.Equal(t, "HTTP/1.1 500 Internal Server Error\r\n"+
		"Connection: close\r\n"+
		"Content-Length: 5\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n"+
		"Good: fine\r\n"+
		"\r\n"+
		"a\r\nb\n", string(e.AppendTo(nil)))
	require.Contains(t, string((&HandshakeError{Status: 418}).AppendTo(nil)), "HTTP/1.1 418 Status 418\r\n")
}

// A refusal may have a body of its own, such as a page or JSON.
func TestHandshakeErrorWithABody(t *testing.T) {
	e := &HandshakeError{Status: 403, Reason: "not logged in", Body: []byte(`{"login":"/"}`)}
	require.Equal(t, "HTTP/1.1 403 Forbidden\r\n"+
		"Connection: close\r\n"+
		"Content-Length: 13\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n"+
		"\r\n"+
		`{"login":"/"}`, string(e.AppendTo(nil)))
	e.Header = Header{"Content-Type": {"application/json"}}
	require.Contains(t, string(e.AppendTo(nil)), "\r\nContent-Type: application/json\r\n\r\n{")
	e.Header = Header{"Content-Type": {"a\r\nEvil: 1"}}
	require.Contains(t, string(e.AppendTo(nil)), "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{")
	e.Body = []byte{}
	require.Contains(t, string(e.AppendTo(nil)), "\r\nContent-Length: 0\r\n")
}
