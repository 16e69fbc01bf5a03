package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func TestD2WhatAsksForAWebSocket(t *testing.T) {
	tests := []struct {
		name   string
		method string
		header protocol.Header
		want   bool
	}{
		{"plain", "GET", protocol.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}, true},
		{"a list, and other case", "GET", protocol.Header{"Connection": {"keep-alive, upgrade"}, "Upgrade": {"WebSocket"}}, true},
		{"another method", "POST", protocol.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}}, false},
		{"another protocol", "GET", protocol.Header{"Connection": {"Upgrade"}, "Upgrade": {"h2c"}}, false},
		{"no upgrade", "GET", protocol.Header{"Connection": {"keep-alive"}, "Upgrade": {"websocket"}}, false},
		{"nothing", "GET", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, driver.IsWebSocket(&protocol.Request{Method: test.method, Header: test.header}))
		})
	}
}

func TestD3VersionIsThatOfTheRFC(t *testing.T) {
	c := newServer(t, driver.Config{})
	require.Empty(t, c.Version())
	play(c, hello)
	require.Equal(t, "hybi-13", c.Version())
	client := openClient(t, driver.Config{})
	require.Equal(t, "hybi-13", client.Version())

	// The drafts' requests are refused.
	for version, status := range map[string]int{"7": 426, "8": 426, "": 426} {
		c := newServer(t, driver.Config{})
		play(c, strings.Replace(hello, "Version: 13", "Version: "+version, 1))
		e := handshakeError(t, c)
		require.Equal(t, status, e.Status)
		require.Contains(t, string(c.Output()), "Sec-Websocket-Version: 13\r\n")
		require.Empty(t, c.Version())
	}
}

func TestD3DraftsThatAreAskedFor(t *testing.T) {
	for _, version := range []string{"7", "8", "13"} {
		c := newServer(t, driver.Config{Drafts: true})
		play(c, strings.Replace(hello, "Version: 13", "Version: "+version, 1))
		require.Equal(t, "hybi-"+version, c.Version())
		require.Contains(t, string(c.Output()), "101 Switching Protocols")
	}
	c := newServer(t, driver.Config{Drafts: true})
	play(c, strings.Replace(hello, "Version: 13", "Version: 9", 1))
	require.Equal(t, 426, handshakeError(t, c).Status)
	require.Contains(t, string(c.Output()), "Sec-Websocket-Version: 13, 8, 7\r\n")
}

func TestD5Response(t *testing.T) {
	c := newServer(t, driver.Config{
		Subprotocols: []string{"xmpp"},
		Header:       protocol.Header{"Set-Cookie": {"a=1", "b=2"}},
	})
	request := strings.Replace(helloWith("Sec-WebSocket-Protocol: irc, xmpp"), key, "JFBCWHksyIpXV+6Wlq/9pw==", 1)
	require.Equal(t, []string{"request", "open"}, play(c, request))
	require.Equal(t, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\n"+
		"Connection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: JdiiuafpBKRqD7eol0y4vJDTsTs=\r\n"+
		"Sec-WebSocket-Protocol: xmpp\r\n"+
		"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n", string(c.Output()))
	require.Equal(t, "xmpp", c.Subprotocol())
	require.Equal(t, driver.StateOpen, c.State())
}

func TestD6BadRequestsAreAnswered(t *testing.T) {
	tests := []struct {
		name, request string
		status        int
		reason        string
	}{
		{"no WebSocket", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426, "Upgrade does not name websocket"},
		{"another method", strings.Replace(hello, "GET", "PUT", 1), 405, "method is not GET"},
		{"no key", strings.Replace(hello, "Sec-WebSocket-Key", "X", 1), 400, "Sec-WebSocket-Key is missing"},
		{"a malformed key", strings.Replace(hello, key, "short", 1), 400, "Sec-WebSocket-Key is not 16 bytes in base64"},
		{"malformed extensions", helloWith("Sec-WebSocket-Extensions: a;;b"), 400, "Sec-WebSocket-Extensions is malformed"},
		{"a body", helloWith("Content-Length: 3") + "abc", 400, "opening handshake has a body"},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400, "request line is malformed"},
		{"a malformed Host", strings.Replace(hello, "example.com", "a b", 1), 400, "Host is malformed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newServer(t, driver.Config{})
			got := play(c, test.request+fromClient(whole(protocol.OpText), "ignored"), 1)
			require.Len(t, got, 1)
			e := handshakeError(t, c)
			require.Equal(t, test.status, e.Status)
			require.Equal(t, test.reason, e.Reason)
			out := string(c.Output())
			require.Equal(t, string(e.AppendTo(nil)), out)
			require.Contains(t, out, "\r\nContent-Length: ")
			require.Contains(t, out, "\r\nContent-Type: text/plain; charset=utf-8\r\n")
			require.ErrorIs(t, c.Accept("", nil), driver.ErrHandshake)
			require.ErrorIs(t, c.Refuse(e), driver.ErrHandshake)
		})
	}
}

// A client that sends header lines for ever is refused when they are too long.
func TestD6EndlessHead(t *testing.T) {
	for _, limit := range []int{0, 500} {
		c := newServer(t, driver.Config{MaxHead: limit})
		sent := 0
		for c.Receive([]byte("GET / HTTP/1.1\r\nHost: a\r\n")); c.State() == driver.StateConnecting; sent += 100 {
			require.Less(t, sent, 100_000)
			c.Receive([]byte("X: " + strings.Repeat("x", 95) + "\r\n"))
			events(c)
		}
		require.Equal(t, 431, handshakeError(t, c).Status)
	}
	c := newServer(t, driver.Config{MaxHead: 500})
	play(c, strings.Repeat("x", 499))
	require.Equal(t, driver.StateConnecting, c.State())
	play(c, "x")
	require.Equal(t, 431, handshakeError(t, c).Status)
}

func TestD7HeaderCanBeSetUntilTheAnswer(t *testing.T) {
	c := newServer(t, driver.Config{Header: protocol.Header{"Server": {"wsflow"}, "Vary": {"Origin"}}})
	require.ErrorIs(t, c.Accept("", nil), driver.ErrHandshake) // nothing has been asked
	c.Receive([]byte(hello))
	_, _ = c.Next()
	require.ErrorIs(t, c.Accept("", protocol.Header{"X": {"a\r\nEvil: 1"}}), protocol.ErrInvalidHeader)
	require.ErrorIs(t, c.Accept("", protocol.Header{"Upgrade": {"h2c"}}), protocol.ErrInvalidHeader)
	require.Empty(t, c.Output()) // the request still waits
	require.NoError(t, c.Accept("", protocol.Header{"set-cookie": {"a=1", "b=2"}, "vary": {"Cookie"}, "X-Nil": nil}))
	require.Equal(t, strings.TrimSuffix(welcome, "\r\n")+
		"Server: wsflow\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: Origin\r\nVary: Cookie\r\n\r\n", string(c.Output()))
	require.ErrorIs(t, c.Accept("", nil), driver.ErrHandshake)
	require.ErrorIs(t, c.Refuse(&protocol.HandshakeError{Status: 403}), driver.ErrHandshake)
	require.Equal(t, []string{"open"}, events(c))
}

func TestD8ServerChoosesTheClientsFirstSubprotocol(t *testing.T) {
	tests := []struct {
		name, offer string
		ours        []string
		accept      string
		want        string
	}{
		{"the client's order", "Sec-WebSocket-Protocol: foo, bar", []string{"bar", "foo"}, "", "foo"},
		{"what we have", "Sec-WebSocket-Protocol: foo, bar", []string{"baz", "bar"}, "", "bar"},
		{"nothing in common", "Sec-WebSocket-Protocol: foo, bar", []string{"baz"}, "", ""},
		{"nothing offered", "X: y", []string{"foo"}, "", ""},
		{"the user's choice", "Sec-WebSocket-Protocol: foo, bar", nil, "bar", "bar"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newServer(t, driver.Config{Subprotocols: test.ours})
			c.Receive([]byte(helloWith(test.offer)))
			ev, ok := c.Next()
			require.True(t, ok)
			require.NotNil(t, ev.Offer)
			require.NoError(t, c.Accept(test.accept, nil))
			require.Equal(t, test.want, c.Subprotocol())
			require.Equal(t, test.want != "", strings.Contains(string(c.Output()), "Sec-WebSocket-Protocol: "+test.want+"\r\n"))
		})
	}
	c := newServer(t, driver.Config{})
	c.Receive([]byte(helloWith("Sec-WebSocket-Protocol: foo")))
	_, _ = c.Next()
	require.ErrorContains(t, c.Accept("bar", nil), "not offered")
	require.Equal(t, driver.StateConnecting, c.State())
}

func TestD21ServerReadsTheRequest(t *testing.T) {
	c := newServer(t, driver.Config{})
	answered := 0
	require.NoError(t, c.Text("first"))
	require.NoError(t, c.Ping([]byte("p"), func() { answered++ }))
	require.Empty(t, play(c, hello[:30], 1))
	require.Nil(t, c.Request())

	c.Receive([]byte(hello[30:]))
	ev, ok := c.Next()
	require.True(t, ok)
	require.Equal(t, driver.EventRequest, ev.Type)
	require.Equal(t, "GET", ev.Request.Method)
	require.Equal(t, "/chat", ev.Request.Target)
	require.Equal(t, "example.com", ev.Request.Host)
	require.Equal(t, key, ev.Request.Header.Get("sec-websocket-key"))
	require.Equal(t, key, ev.Offer.Key)
	require.Same(t, ev.Request, c.Request())
	require.Empty(t, c.Output())

	// What was sent before follows the answer, and its callback is called.
	require.Equal(t, []string{"open"}, events(c))
	require.Equal(t, welcome+fromServer(whole(protocol.OpText), "first")+fromServer(whole(protocol.OpPing), "p"), string(c.Output()))
	require.Equal(t, []string{"pong: p"}, play(c, fromClient(whole(protocol.OpPong), "p")))
	require.Equal(t, 1, answered)
}

func TestD21RefusalByTheUser(t *testing.T) {
	c := newServer(t, driver.Config{})
	require.ErrorIs(t, c.Refuse(&protocol.HandshakeError{Status: 403}), driver.ErrHandshake)
	c.Receive([]byte(helloWith("Origin: https://elsewhere.example") + fromClient(whole(protocol.OpText), "ignored")))
	ev, _ := c.Next()
	require.Equal(t, "https://elsewhere.example", ev.Request.Header.Get("Origin"))
	refusal := &protocol.HandshakeError{
		Status: 403, Reason: "origin is not ours", Body: []byte("{}"),
		Header: protocol.Header{"Content-Type": {"application/json"}, "X": {"y"}},
	}
	require.NoError(t, c.Refuse(refusal))
	require.Equal(t, []string{"websocket: closed: 1002 protocol error: websocket: handshake: origin is not ours (status 403)"}, events(c))
	require.Equal(t, "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\nContent-Type: application/json\r\nX: y\r\n\r\n{}",
		string(c.Output()))
	require.Same(t, refusal, handshakeError(t, c))
	require.NotNil(t, c.Request())
}

func TestRefusalThatSaysNothingIsForbidden(t *testing.T) {
	c := newServer(t, driver.Config{})
	c.Receive([]byte(hello))
	ev, _ := c.Next()
	require.Equal(t, driver.EventRequest, ev.Type)
	require.NoError(t, c.Refuse(nil))
	require.Equal(t, 403, handshakeError(t, c).Status)
	require.True(t, strings.HasPrefix(string(c.Output()), "HTTP/1.1 403 Forbidden\r\n"))
	require.ErrorIs(t, c.Refuse(nil), driver.ErrHandshake)
}

func TestD21RequestThatSomebodyElseHasRead(t *testing.T) {
	request, _, err := protocol.ParseRequest([]byte(hello), 0)
	require.NoError(t, err)
	c := newServer(t, driver.Config{})
	require.NoError(t, c.ReceiveRequest(request))
	require.ErrorIs(t, c.ReceiveRequest(request), driver.ErrHandshake)
	require.Equal(t, []string{"request", "open", "text: hi"}, play(c, fromClient(whole(protocol.OpText), "hi"), 1))
	require.Equal(t, welcome, string(c.Output()))

	c = newServer(t, driver.Config{}) // who has the request needs no event to answer it
	require.NoError(t, c.ReceiveRequest(request))
	require.NoError(t, c.Accept("", nil))
	require.Equal(t, []string{"open"}, events(c))

	c = newServer(t, driver.Config{})
	require.NoError(t, c.ReceiveRequest(&protocol.Request{Method: "GET", Proto: "HTTP/1.1", Host: "a"}))
	require.Equal(t, 426, handshakeError(t, c).Status)
	require.Len(t, events(c), 1)

	client, _ := newClient(t, driver.Config{})
	require.ErrorIs(t, client.ReceiveRequest(request), driver.ErrHandshake)
	c = newServer(t, driver.Config{})
	c.Receive([]byte("G"))
	require.ErrorIs(t, c.ReceiveRequest(request), driver.ErrHandshake)
}
