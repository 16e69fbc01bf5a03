package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// gobwasServer is as the README shows it: package wsutil over the connection. Where the README says "handle error", it does what the library's
// own program for Autobahn does, see [gobwasFail].
// Package wsutil does not compress.
func gobwasServer() http.Handler {
	wsutil.SetMaxMessageSize(limit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _, err := ws.UpgradeHTTP(r, w)
		if err != nil {
			if conn != nil {
				_ = conn.Close() // the library has answered, and leaves the connection to us
			}
			return
		}
		gobwasEcho(conn, conn, ws.StateServerSide)
	})
}

func gobwasClient(ctx context.Context, url string) error {
	wsutil.SetMaxMessageSize(limit)
	conn, buffered, _, err := ws.Dial(ctx, url)
	if err != nil {
		return err
	}
	if buffered == nil {
		buffered = bufio.NewReader(conn)
	}
	gobwasEcho(conn, struct {
		io.Reader
		io.Writer
	}{buffered, conn}, ws.StateClientSide)
	return nil
}

// gobwasEcho echoes over rw, which writes to conn and reads from it.
func gobwasEcho(conn net.Conn, rw io.ReadWriter, state ws.State) {
	defer conn.Close()
	for {
		content, op, err := wsutil.ReadData(rw, state)
		if err != nil {
			gobwasFail(conn, rw, state, err)
			return
		}
		if err := wsutil.WriteMessage(rw, state, op, content); err != nil {
			return
		}
	}
}

// gobwasFail sends the close frame that goes with an error, which the library leaves to its user, and waits for the
// peer to end the connection, so that the frame is not lost with what is unread.
func gobwasFail(conn net.Conn, rw io.ReadWriter, state ws.State, err error) {
	var code ws.StatusCode
	_, isProtocolError := errors.AsType[ws.ProtocolError](err)
	switch {
	case errors.Is(err, wsutil.ErrInvalidUTF8):
		code = ws.StatusInvalidFramePayloadData
	case errors.Is(err, wsutil.ErrMessageTooLarge):
		code = ws.StatusMessageTooBig
	case isProtocolError && !gobwasHasAnswered(err):
		code = ws.StatusProtocolError
	default:
		return
	}
	body := ws.NewCloseFrameBody(code, "")
	if err := wsutil.WriteMessage(rw, state, ws.OpClose, body); err != nil {
		return
	}
	if half, ok := conn.(*net.TCPConn); ok && state.ServerSide() {
		_ = half.CloseWrite()
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, rw)
}

// gobwasHasAnswered reports whether an error is about the content of a close frame: those wsutil answers itself.
func gobwasHasAnswered(err error) bool {
	switch err { // constants of a string type, never wrapped
	case ws.ErrProtocolStatusCodeNotInUse, ws.ErrProtocolStatusCodeApplicationLevel, ws.ErrProtocolStatusCodeNoMeaning,
		ws.ErrProtocolStatusCodeUnknown, ws.ErrProtocolInvalidUTF8:
		return true
	}
	return false
}
