package hixie_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

// The request of draft-hixie-thewebsocketprotocol-76, 1.2, and the answer to its body.
const (
	request76 = "GET /demo HTTP/1.1\r\n" +
		"Host: example.com\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n" +
		"Sec-WebSocket-Protocol: sample\r\n" +
		"Upgrade: WebSocket\r\n" +
		"Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n" +
		"Origin: http://example.com\r\n\r\n"
	body76   = "^n:ds[4U"
	digest76 = "8jKS'y:G*Co,Wxa-"
	answer76 = "HTTP/1.1 101 WebSocket Protocol Handshake\r\n" +
		"Upgrade: WebSocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Sec-WebSocket-Origin: http://example.com\r\n" +
		"Sec-WebSocket-Location: ws://example.com/demo\r\n"
	request75 = "GET /demo HTTP/1.1\r\n" +
		"Upgrade: WebSocket\r\n" +
		"Connection: Upgrade\r\n" +
		"Host: example.com\r\n" +
		"Origin: http://example.com\r\n\r\n"
	answer75 = "HTTP/1.1 101 Web Socket Protocol Handshake\r\n" +
		"Upgrade: WebSocket\r\n" +
		"Connection: Upgrade\r\n" +
		"WebSocket-Origin: http://example.com\r\n" +
		"WebSocket-Location: ws://example.com/demo\r\n\r\n"
)

// parse parses a request, with some of its text replaced.
func parse(t testing.TB, request string, replaced ...string) *protocol.Request {
	t.Helper()
	r, _, err := protocol.ParseRequest([]byte(strings.NewReplacer(replaced...).Replace(request)), 0)
	require.NoError(t, err)
	return r
}

// requestOf is the request of a version.
func requestOf(v hixie.Version) string {
	if v == hixie.Hixie75 {
		return request75
	}
	return request76
}

// server returns a server's end before anything has come, its answer taken.
func server(t testing.TB, v hixie.Version, cfg hixie.Config) *hixie.Conn {
	t.Helper()
	o, err := hixie.CheckRequest(parse(t, requestOf(v)), false)
	require.NoError(t, err)
	c, err := hixie.NewServer(o, cfg)
	require.NoError(t, err)
	require.Equal(t, v, c.Version())
	require.NotEmpty(t, c.Output())
	return c
}

// open returns a server's end whose handshake is complete.
func open(t testing.TB, v hixie.Version, cfg hixie.Config) *hixie.Conn {
	t.Helper()
	c := server(t, v, cfg)
	body := ""
	if v == hixie.Hixie76 {
		body = body76
	}
	events, err := feed(c, []byte(body))
	require.ErrorIs(t, err, protocol.ErrShort)
	require.Equal(t, []hixie.Event{{Type: hixie.EventOpen}}, events)
	c.Output()
	return c
}

// feed hands b to c until c has no more events, in chunks of the given sizes: the last one is for the rest, and none
// is all at once. An EventClose is answered.
func feed(c *hixie.Conn, b []byte, sizes ...int) (events []hixie.Event, err error) {
	for first := true; first || len(b) > 0; first = false {
		size := len(b)
		if len(sizes) > 0 && sizes[0] > 0 {
			size = min(size, sizes[0])
		}
		if len(sizes) > 1 {
			sizes = sizes[1:]
		}
		chunk := append([]byte(nil), b[:size]...)
		b = b[size:]
		for {
			ev, n, err := c.Next(chunk)
			chunk = chunk[n:]
			if errors.Is(err, protocol.ErrShort) && len(chunk) == 0 {
				break
			}
			if err != nil {
				return events, err
			}
			events = append(events, ev)
			if ev.Type == hixie.EventClose {
				c.Close()
			}
		}
	}
	return events, protocol.ErrShort
}

func text(s string) hixie.Event { return hixie.Event{Type: hixie.EventText, Text: s} }

func texts(list ...string) (events []hixie.Event) {
	for _, s := range list {
		events = append(events, text(s))
	}
	return events
}

var (
	opened = hixie.Event{Type: hixie.EventOpen}
	closed = hixie.Event{Type: hixie.EventClose}
	both   = []hixie.Version{hixie.Hixie75, hixie.Hixie76}
)

// each runs a test for both versions.
func each(t *testing.T, test func(t *testing.T, v hixie.Version)) {
	for _, v := range both {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}

func requireCode(t testing.TB, err error, code protocol.CloseCode) {
	t.Helper()
	var e *protocol.CloseError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code, "%v", err)
	require.False(t, e.FromPeer)
	require.NotEmpty(t, e.Reason)
}

func requireStatus(t testing.TB, err error, status int, what string) {
	t.Helper()
	var e *protocol.HandshakeError
	require.ErrorAs(t, err, &e)
	require.Equal(t, status, e.Status, "%v", err)
	require.Contains(t, e.Reason, what)
}
