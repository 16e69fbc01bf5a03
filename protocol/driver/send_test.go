package driver_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func TestD15WhatIsSentBeforeOpenWaits(t *testing.T) {
	client, r := newClient(t, driver.Config{})
	server := newServer(t, driver.Config{})
	server.Receive([]byte(hello))
	for _, c := range []*driver.Conn{client, server} {
		payload := []byte("2")
		require.NoError(t, c.Text("1"))
		require.NoError(t, c.Binary(payload))
		require.NoError(t, c.Ping(payload, nil))
		require.NoError(t, c.Fragment(protocol.OpText, []byte("\xc3"), false))
		require.NoError(t, c.Pong(payload))
		payload[0] = 'X' // it is ours again
		require.Equal(t, 5, c.Pending())
		require.NoError(t, c.Fragment(protocol.OpContinuation, []byte("\xb6"), true))
		require.Empty(t, c.Output())
	}
	frames := func(frame func(protocol.FrameHeader, string) string) string {
		return frame(whole(protocol.OpText), "1") + frame(whole(protocol.OpBinary), "2") + frame(whole(protocol.OpPing), "2") +
			frame(part(protocol.OpText), "\xc3") + frame(whole(protocol.OpPong), "2") + frame(whole(protocol.OpContinuation), "\xb6")
	}
	require.Equal(t, []string{"open"}, play(client, welcomeTo(r)))
	require.Equal(t, frames(fromClient), string(client.Output()))
	require.Equal(t, []string{"request", "open"}, events(server))
	require.Equal(t, welcome+frames(fromServer), string(server.Output()))
}

func TestD15NothingIsSentAfterClose(t *testing.T) {
	closing, closed := openServer(t, driver.Config{}), openServer(t, driver.Config{})
	require.NoError(t, closing.Close(1000, ""))
	play(closed, fromClient(whole(protocol.OpClose), ""))
	for _, c := range []*driver.Conn{closing, closed} {
		c.Output()
		require.ErrorIs(t, c.Text("x"), driver.ErrClosed)
		require.ErrorIs(t, c.Binary(nil), driver.ErrClosed)
		require.ErrorIs(t, c.Fragment(protocol.OpText, nil, false), driver.ErrClosed)
		require.ErrorIs(t, c.Ping(nil, func() { panic("never") }), driver.ErrClosed)
		require.ErrorIs(t, c.Pong(nil), driver.ErrClosed)
		require.Empty(t, c.Output())
	}
}

func TestD16Pings(t *testing.T) {
	c := openServer(t, driver.Config{})
	wire := fromClient(whole(protocol.OpPing), "") + fromClient(whole(protocol.OpPing), strings.Repeat("x", 125))
	require.Equal(t, []string{"ping: ", "ping: " + strings.Repeat("x", 125)}, play(c, wire))
	require.Equal(t, fromServer(whole(protocol.OpPong), "")+fromServer(whole(protocol.OpPong), strings.Repeat("x", 125)), string(c.Output()))
	require.NoError(t, c.Pong([]byte("heartbeat")))
	require.Equal(t, fromServer(whole(protocol.OpPong), "heartbeat"), string(c.Output()))
	require.ErrorIs(t, c.Ping(make([]byte, 126), nil), protocol.ErrControlTooLong)
	require.ErrorIs(t, c.Pong(make([]byte, 126)), protocol.ErrControlTooLong)
}

func TestD16CallbackOfAPing(t *testing.T) {
	c := openServer(t, driver.Config{})
	var calls []string
	ping := func(payload string) {
		require.NoError(t, c.Ping([]byte(payload), func() { calls = append(calls, payload) }))
	}
	pong := func(payload string) { // every pong is an event as well
		require.Equal(t, []string{"pong: " + payload}, play(c, fromClient(whole(protocol.OpPong), payload)))
	}
	ping("a")
	pong("unsolicited")
	require.Empty(t, calls)
	pong("a")
	pong("a")
	require.Equal(t, []string{"a"}, calls)

	ping("b")
	ping("c")
	ping("c")
	ping("")
	pong("c") // the peer answers the latest that it knew, and so never will b
	pong("b")
	pong("c")
	pong("")
	require.Equal(t, []string{"a", "c", "c", ""}, calls)
}

// A callback may use the connection.
func TestD16CallbackThatSends(t *testing.T) {
	c := openServer(t, driver.Config{})
	require.NoError(t, c.Ping([]byte("p"), func() {
		require.NoError(t, c.Text("got it"))
		ev, ok := c.Next()
		require.True(t, ok)
		require.Equal(t, "pong: p", words(ev))
	}))
	c.Output()
	require.Equal(t, []string{"text: x"}, play(c, fromClient(whole(protocol.OpPong), "p")+fromClient(whole(protocol.OpText), "x")))
	require.Equal(t, fromServer(whole(protocol.OpText), "got it"), string(c.Output()))

	require.NoError(t, c.Ping(nil, func() { require.NoError(t, c.Close(1000, "")) }))
	require.Equal(t, []string{"pong: "}, play(c, fromClient(whole(protocol.OpPong), "")))
	require.Equal(t, driver.StateClosing, c.State())
}

func TestFragmentsThatDoNotFit(t *testing.T) {
	client, _ := newClient(t, driver.Config{})
	for _, c := range []*driver.Conn{openServer(t, driver.Config{}), client} {
		require.ErrorIs(t, c.Fragment(protocol.OpContinuation, nil, true), protocol.ErrNoMessage)
		require.ErrorIs(t, c.Fragment(protocol.OpPing, nil, true), protocol.ErrInvalidFrame)
		require.ErrorIs(t, c.Text("\xff"), driver.ErrInvalidText)
		require.ErrorIs(t, c.Text("\xe2\x82"), driver.ErrInvalidText)
		require.NoError(t, c.Fragment(protocol.OpText, []byte("\xe2\x82"), false))
		require.ErrorIs(t, c.Text("x"), protocol.ErrMessageOpen)
		require.ErrorIs(t, c.Binary(nil), protocol.ErrMessageOpen)
		require.ErrorIs(t, c.Fragment(protocol.OpContinuation, nil, true), driver.ErrInvalidText)
		require.ErrorIs(t, c.Fragment(protocol.OpContinuation, []byte("x"), false), driver.ErrInvalidText)
		require.NoError(t, c.Fragment(protocol.OpContinuation, []byte("\xac"), true)) // errors changed nothing
		require.NoError(t, c.Fragment(protocol.OpBinary, []byte("\xff"), false))
		require.NoError(t, c.Fragment(protocol.OpContinuation, []byte("\xff"), true))
	}
}

// What Output has returned stays as it is while more is sent.
func TestOutputStaysValid(t *testing.T) {
	c := openServer(t, driver.Config{})
	require.NoError(t, c.Text("one"))
	require.Equal(t, 5, c.Pending())
	first := c.Output()
	require.Zero(t, c.Pending())
	require.NoError(t, c.Text("two"))
	require.Equal(t, "\x81\x03one", string(first))
	require.Equal(t, "\x81\x03two", string(c.Output()))
	require.NoError(t, c.Binary(make([]byte, 1<<20)))
	require.Len(t, c.Output(), 1<<20+10)
	require.Empty(t, c.Output())
	require.Zero(t, cap(c.Output())) // a large buffer does not stay
}
