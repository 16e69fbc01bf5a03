package main

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// coder is github.com/coder/websocket.
type coder struct{}

type coderLink struct {
	conn  *websocket.Conn
	tap   *tap
	pongs *queue[string]
}

func coderMode(d *deflate) websocket.CompressionMode {
	switch {
	case d == nil:
		return websocket.CompressionDisabled
	case d.NoContextTakeover:
		return websocket.CompressionNoContextTakeover
	}
	return websocket.CompressionContextTakeover
}

func (coder) connect(r request, nc *tap, pongs *queue[string]) (link, int, string, error) {
	over := func(context.Context, string, string) (net.Conn, error) { return nc, nil }
	options := &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: over, DialTLSContext: over}},
		HTTPHeader:   make(http.Header),
		Subprotocols: r.Protocols, CompressionMode: coderMode(r.Deflate), CompressionThreshold: 1,
		OnPongReceived: func(_ context.Context, payload []byte) { pongs.put(string(payload)) },
	}
	if r.Origin != "" {
		options.HTTPHeader.Set("Origin", r.Origin)
	}
	conn, resp, err := websocket.Dial(context.Background(), r.URL, options)
	if resp != nil && err != nil {
		return nil, resp.StatusCode, "", err
	}
	if err != nil {
		return nil, 0, "", err
	}
	return coderLink{conn, nc, pongs}, resp.StatusCode, conn.Subprotocol(), nil
}

func (coder) accept(w http.ResponseWriter, r *http.Request, nc *tap, pongs *queue[string], settings request) (link, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: settings.Protocols, CompressionMode: coderMode(settings.Deflate), CompressionThreshold: 1,
		OnPongReceived: func(_ context.Context, payload []byte) { pongs.put(string(payload)) },
	})
	if err != nil {
		return nil, err
	}
	return coderLink{conn, nc, pongs}, nil
}

func (l coderLink) read(c *connection) (int, string) {
	l.conn.SetReadLimit(-1)
	for {
		kind, content, err := l.conn.Read(context.Background())
		if closed, ok := errors.AsType[websocket.CloseError](err); ok {
			return int(closed.Code), closed.Reason
		}
		if err != nil {
			return 0, ""
		}
		c.received(kind == websocket.MessageBinary, content)
	}
}

func coderKind(binary bool) websocket.MessageType {
	if binary {
		return websocket.MessageBinary
	}
	return websocket.MessageText
}

func (l coderLink) send(binary bool, content []byte) error {
	return l.conn.Write(context.Background(), coderKind(binary), content)
}

func (l coderLink) sendParts(binary bool, parts [][]byte) (bool, error) {
	w, err := l.conn.Writer(context.Background(), coderKind(binary))
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

// ping sends the library's own ping, whose payload is its own, and then one with the payload that is asked for.
func (l coderLink) ping(payload []byte) error {
	if err := l.conn.Ping(context.Background()); err != nil {
		return err
	}
	l.pongs.get()
	return l.tap.writeFrame(9, payload, true)
}

// close would read the answer, and throw away the messages before it.
func (coderLink) close(int, string) (bool, error) { return false, nil }

func (l coderLink) leave(code int, reason string) error {
	return l.conn.Close(websocket.StatusCode(code), reason)
}
