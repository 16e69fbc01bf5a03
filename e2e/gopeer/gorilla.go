package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// gorilla is github.com/gorilla/websocket.
type gorilla struct{}

type gorillaLink struct {
	conn       *websocket.Conn
	compressed bool
}

func (gorilla) connect(r request, nc *tap, pongs *queue[string]) (link, int, string, error) {
	over := func(context.Context, string, string) (net.Conn, error) { return nc, nil }
	dialer := websocket.Dialer{
		NetDialContext: over, NetDialTLSContext: over, Subprotocols: r.Protocols, EnableCompression: r.Deflate != nil,
	}
	header := make(http.Header)
	if r.Origin != "" {
		header.Set("Origin", r.Origin)
	}
	conn, resp, err := dialer.Dial(r.URL, header)
	if resp != nil && err != nil {
		return nil, resp.StatusCode, "", err
	}
	if err != nil {
		return nil, 0, "", err
	}
	return newGorillaLink(conn, pongs, r.Deflate != nil), resp.StatusCode, conn.Subprotocol(), nil
}

func (gorilla) accept(w http.ResponseWriter, r *http.Request, _ *tap, pongs *queue[string], settings request) (link, error) {
	upgrader := websocket.Upgrader{Subprotocols: settings.Protocols, EnableCompression: settings.Deflate != nil}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return newGorillaLink(conn, pongs, settings.Deflate != nil), nil
}

func newGorillaLink(conn *websocket.Conn, pongs *queue[string], compressed bool) gorillaLink {
	conn.SetPongHandler(func(payload string) error {
		pongs.put(payload)
		return nil
	})
	return gorillaLink{conn, compressed}
}

func (l gorillaLink) read(c *connection) (int, string) {
	for {
		kind, content, err := l.conn.ReadMessage()
		if closed, ok := errors.AsType[*websocket.CloseError](err); ok {
			if closed.Code == websocket.CloseAbnormalClosure {
				return 1006, ""
			}
			return closed.Code, closed.Text
		}
		if err != nil {
			return 0, ""
		}
		c.received(kind == websocket.BinaryMessage, content)
	}
}

func gorillaKind(binary bool) int {
	if binary {
		return websocket.BinaryMessage
	}
	return websocket.TextMessage
}

func (l gorillaLink) send(binary bool, content []byte) error {
	return l.conn.WriteMessage(gorillaKind(binary), content)
}

// sendParts is for the library if the parts are longer than its buffer, which a fragment is filled with first, or compressed.
func (l gorillaLink) sendParts(binary bool, parts [][]byte) (bool, error) {
	const buffer = 4 << 10
	for _, part := range parts {
		if len(part) <= buffer && !l.compressed {
			return false, nil
		}
	}
	w, err := l.conn.NextWriter(gorillaKind(binary))
	if err != nil {
		return true, err
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			return true, err
		}
	}
	return true, w.Close()
}

func (l gorillaLink) ping(payload []byte) error {
	return l.conn.WriteControl(websocket.PingMessage, payload, time.Now().Add(10*time.Second))
}

func (l gorillaLink) close(code int, reason string) (bool, error) {
	if code == 0 {
		code = websocket.CloseNoStatusReceived
	}
	return true, l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(10*time.Second))
}

// leave is what the documentation shows: a close frame; the reader waits for the answer.
func (l gorillaLink) leave(code int, reason string) error {
	_, err := l.close(code, reason)
	return err
}
