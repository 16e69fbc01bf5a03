package hixie_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

func TestD22AnswerOfHixie75(t *testing.T) {
	o, err := hixie.CheckRequest(parse(t, request75), false)
	require.NoError(t, err)
	c, err := hixie.NewServer(o, hixie.Config{})
	require.NoError(t, err)
	require.True(t, c.IsOpen())
	require.Equal(t, answer75, string(c.Output()))
	require.Empty(t, c.Output())
	events, err := feed(c, nil)
	require.ErrorIs(t, err, protocol.ErrShort)
	require.Equal(t, []hixie.Event{opened}, events)
}

func TestD23AnswerOfHixie76(t *testing.T) {
	o, err := hixie.CheckRequest(parse(t, request76), false)
	require.NoError(t, err)
	for name, sizes := range map[string][]int{"whole": nil, "byte by byte": {1}, "7 and 1": {7, 1}, "1 and the rest": {1, 0}} {
		t.Run(name, func(t *testing.T) {
			c, err := hixie.NewServer(o, hixie.Config{Subprotocol: o.Subprotocol})
			require.NoError(t, err)
			// Headers go out first.
			require.Equal(t, answer76+"Sec-WebSocket-Protocol: sample\r\n\r\n", string(c.Output()))
			require.False(t, c.IsOpen())
			events, err := feed(c, []byte(body76[:7]), sizes...)
			require.ErrorIs(t, err, protocol.ErrShort)
			require.Empty(t, events)
			require.Empty(t, c.Output())
			require.False(t, c.IsOpen())

			events, err = feed(c, []byte(body76[7:]+"\x00frame\xFF\x00"), sizes...)
			require.ErrorIs(t, err, protocol.ErrShort)
			require.Equal(t, []hixie.Event{opened, text("frame")}, events)
			require.True(t, c.IsOpen())
			require.True(t, c.InMessage())
			require.Equal(t, digest76, string(c.Output()))
		})
	}
}

func TestD23AnswerRepeatsWhatWasAsked(t *testing.T) {
	o, err := hixie.CheckRequest(parse(t, request76, "example.com\r\nConn", "example.com:81\r\nConn", "Origin:", "X:"), true)
	require.NoError(t, err)
	c, err := hixie.NewServer(o, hixie.Config{})
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Location: wss://example.com:81/demo\r\n\r\n", string(c.Output()))
}

func TestD23WhatIsSentBeforeTheBodyFollowsTheDigest(t *testing.T) {
	c := server(t, hixie.Hixie76, hixie.Config{})
	require.NoError(t, c.Send(protocol.OpText, []byte("Hi")))
	require.NoError(t, c.Send(protocol.OpText, []byte("there")))
	require.Empty(t, c.Output())
	_, err := feed(c, []byte(body76))
	require.ErrorIs(t, err, protocol.ErrShort)
	require.NoError(t, c.Send(protocol.OpText, []byte("!")))
	require.Equal(t, digest76+"\x00Hi\xFF\x00there\xFF\x00!\xFF", string(c.Output()))
}

func TestWhatIsSentBeforeTheBodyIsLimited(t *testing.T) {
	c := server(t, hixie.Hixie76, hixie.Config{})
	half := []byte(strings.Repeat("x", hixie.MaxQueued/2-2))
	require.NoError(t, c.Send(protocol.OpText, half))
	require.NoError(t, c.Send(protocol.OpText, half))
	require.ErrorIs(t, c.Send(protocol.OpText, nil), hixie.ErrQueueFull)
	_, err := feed(c, []byte(body76))
	require.ErrorIs(t, err, protocol.ErrShort)
	require.Len(t, c.Output(), len(digest76)+hixie.MaxQueued)
	require.NoError(t, c.Send(protocol.OpText, nil))
}

func TestCloseBeforeTheBodySendsNothing(t *testing.T) {
	c := server(t, hixie.Hixie76, hixie.Config{})
	require.NoError(t, c.Send(protocol.OpText, []byte("Hi")))
	c.Close()
	require.Empty(t, c.Output())
	require.ErrorIs(t, c.Send(protocol.OpText, nil), protocol.ErrCloseSent)
	events, err := feed(c, []byte(body76))
	require.ErrorIs(t, err, protocol.ErrClosed)
	require.Empty(t, events)
	require.Empty(t, c.Output())
}

func TestAnswerSmugglesNothing(t *testing.T) {
	o, err := hixie.CheckRequest(parse(t, request76), false)
	require.NoError(t, err)
	for _, bad := range []string{"a\r\nX: y", "a\x00", "\x7f"} {
		_, err = hixie.NewServer(o, hixie.Config{Subprotocol: bad})
		require.ErrorIs(t, err, protocol.ErrInvalidHeader)
		_, err = hixie.NewServer(&hixie.Offer{Version: hixie.Hixie75, Origin: bad}, hixie.Config{})
		require.ErrorIs(t, err, protocol.ErrInvalidHeader)
	}
}
