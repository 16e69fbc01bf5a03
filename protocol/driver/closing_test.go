package driver_test

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func TestD13CloseOfThePeerIsEchoed(t *testing.T) {
	tests := []struct{ name, payload, event, answer string }{
		{"code and reason", closing(1001, "bye"), "websocket: closed by peer: 1001 going away: bye", closing(1001, "bye")},
		{"code alone", closing(3000, ""), "websocket: closed by peer: 3000", closing(3000, "")},
		{"empty", "", "websocket: closed by peer: 1005 no status received", ""},
		{"a code registered later", closing(1014, ""), "websocket: closed by peer: 1014 bad gateway", closing(1014, "")},
		{
			"one byte", "\x03",
			"websocket: closed: 1002 protocol error: close payload is one byte long (RFC 6455, 5.5.1)",
			closing(1002, "close payload is one byte long (RFC 6455, 5.5.1)"),
		},
		{
			"a code that may not be sent", closing(1005, ""),
			"websocket: closed: 1002 protocol error: close code 1005 may not be sent (RFC 6455, 7.4)",
			closing(1002, "close code 1005 may not be sent (RFC 6455, 7.4)"),
		},
		{
			"a reason that is not UTF-8", closing(1000, "\xff"),
			"websocket: closed: 1007 invalid payload data: close reason is not UTF-8 (RFC 6455, 5.5.1)",
			closing(1007, "close reason is not UTF-8 (RFC 6455, 5.5.1)"),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := openServer(t, driver.Config{})
			wire := fromClient(whole(protocol.OpClose), test.payload) + fromClient(whole(protocol.OpText), "too late")
			require.Equal(t, []string{test.event}, play(c, wire, 1))
			require.Equal(t, fromServer(whole(protocol.OpClose), test.answer), string(c.Output()))
			require.Equal(t, driver.StateClosed, c.State())
			require.Equal(t, test.event, c.Closed().Error())
		})
	}
}

func TestD13ValidCloseCodes(t *testing.T) {
	valid := func(code int) bool {
		return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
	}
	for code := range 1 << 16 {
		if code > 1100 && code%97 != 0 && code != 2999 && code != 3000 && code != 4999 && code != 5000 {
			continue
		}
		c := openClient(t, driver.Config{})
		play(c, fromServer(whole(protocol.OpClose), closing(protocol.CloseCode(code), "")))
		if e := closeError(t, c); valid(code) {
			require.True(t, e.FromPeer && e.Code == protocol.CloseCode(code), "%d: %v", code, e)
		} else {
			require.True(t, !e.FromPeer && e.Code == 1002, "%d: %v", code, e)
		}
	}
}

func TestD14CloseBeforeOpenEndsAtOnceAndWritesNothing(t *testing.T) {
	client, r := newClient(t, driver.Config{})
	asked := newServer(t, driver.Config{})
	asked.Receive([]byte(hello))
	ev, _ := asked.Next()
	require.Equal(t, driver.EventRequest, ev.Type)

	for name, c := range map[string]*driver.Conn{
		"client": client, "server": newServer(t, driver.Config{}), "server with a request": asked,
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.Text("never sent"))
			require.NoError(t, c.Close(protocol.CloseNormal, ""))
			require.Equal(t, driver.StateClosed, c.State())
			require.Equal(t, []string{"websocket: closed: 1000 normal closure"}, events(c))
			require.ErrorIs(t, c.Close(protocol.CloseNormal, ""), driver.ErrClosed)
			require.Empty(t, play(c, hello+welcomeTo(r)))
			require.Empty(t, c.Output())
			require.Empty(t, c.Version())
		})
	}
}

func TestD14CloseWaitsForTheAnswer(t *testing.T) {
	for _, c := range []*driver.Conn{openClient(t, driver.Config{}), openServer(t, driver.Config{})} {
		frame, answers := fromServer, fromClient
		if c.Request() == nil {
			frame, answers = fromClient, fromServer
		}
		require.NoError(t, c.Close(4000, "enough"))
		require.Equal(t, driver.StateClosing, c.State())
		require.Nil(t, c.Closed())
		require.Equal(t, frame(whole(protocol.OpClose), closing(4000, "enough")), string(c.Output()))
		require.ErrorIs(t, c.Close(4000, "enough"), driver.ErrClosed)

		// What the peer has sent before it knew is still told, but not answered.
		wire := answers(whole(protocol.OpText), "still here") + answers(whole(protocol.OpPing), "?")
		require.Equal(t, []string{"text: still here", "ping: ?"}, play(c, wire))
		require.Equal(t, driver.StateClosing, c.State())
		wire = answers(whole(protocol.OpClose), closing(4001, "so be it")) + answers(whole(protocol.OpText), "too late")
		require.Equal(t, []string{"websocket: closed by peer: 4001: so be it"}, play(c, wire))
		require.Empty(t, c.Output())
		require.Empty(t, play(c, answers(whole(protocol.OpText), "too late"), 1))
	}
}

func TestCloseThatCannotBeSent(t *testing.T) {
	client, _ := newClient(t, driver.Config{})
	for _, c := range []*driver.Conn{openClient(t, driver.Config{}), client} {
		before := c.State()
		for _, err := range []error{c.Close(1005, "reason"), c.Close(1006, ""), c.Close(1000, "\xff"), c.Close(0, "")} {
			require.ErrorIs(t, err, protocol.ErrInvalidClose)
		}
		require.Equal(t, before, c.State())
		require.Empty(t, c.Output())
	}
	c := openServer(t, driver.Config{})
	require.NoError(t, c.Close(protocol.CloseNoStatus, ""))
	require.Equal(t, "\x88\x00", string(c.Output()))
	c = openServer(t, driver.Config{})
	require.NoError(t, c.Close(1000, strings.Repeat("x", 200)))
	require.Len(t, c.Output(), 2+125)
}

// A violation after our own close frame ends the connection, and nothing is written.
func TestViolationWhileClosing(t *testing.T) {
	c := openServer(t, driver.Config{})
	require.NoError(t, c.Close(1000, ""))
	c.Output()
	require.Equal(t, []string{"websocket: closed: 1002 protocol error: frame from a client is not masked (RFC 6455, 5.1)"},
		play(c, fromServer(whole(protocol.OpText), "x")))
	require.Empty(t, c.Output())
}

// The end of the transport is 1006, after what came before it.
func TestTransportEnds(t *testing.T) {
	client, _ := newClient(t, driver.Config{})
	tests := []struct {
		name  string
		c     *driver.Conn
		wire  string
		event []string
	}{
		{"before the request", newServer(t, driver.Config{}), hello[:20], []string{"websocket: closed: 1006 abnormal closure: EOF"}},
		{"before the response", client, "HTTP/1.1 101", []string{"websocket: closed: 1006 abnormal closure: EOF"}},
		{
			"inside a message", openServer(t, driver.Config{}), fromClient(whole(protocol.OpText), "one") + fromClient(part(protocol.OpText), "tw"),
			[]string{"text: one", "websocket: closed: 1006 abnormal closure: EOF"},
		},
		{
			"after the close frame", openServer(t, driver.Config{}), fromClient(whole(protocol.OpClose), ""),
			[]string{"websocket: closed by peer: 1005 no status received"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.c.Receive([]byte(test.wire))
			test.c.ReceiveEnd(io.EOF)
			test.c.ReceiveEnd(io.ErrUnexpectedEOF)   // the first one counts
			test.c.Receive([]byte("behind the end")) // is none of ours
			require.Equal(t, test.event, events(test.c))
			require.Equal(t, driver.StateClosed, test.c.State())
			require.Empty(t, events(test.c))
		})
	}
	c := openClient(t, driver.Config{})
	require.NoError(t, c.Close(1000, ""))
	c.ReceiveEnd(nil)
	require.Equal(t, []string{"websocket: closed: 1006 abnormal closure"}, events(c))
}

// Who closes first hears the code again from the peer, whose answer is a close frame too.
func TestBothEndsHearTheCloseFromThePeer(t *testing.T) {
	server := openServer(t, driver.Config{})
	client, request := newClient(t, driver.Config{})
	play(client, welcomeTo(request))
	require.NoError(t, client.Close(protocol.CloseNormal, "done"))
	play(server, string(client.Output()))
	play(client, string(server.Output()))
	want := &protocol.CloseError{Code: protocol.CloseNormal, Reason: "done", FromPeer: true}
	require.Equal(t, want, client.Closed())
	require.Equal(t, want, server.Closed())
}
