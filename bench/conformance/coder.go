package main

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/coder/websocket"
)

// coderServer is as the README shows it.
func coderServer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: coderCompression})
		if err != nil {
			return // it has answered
		}
		coderEcho(context.WithoutCancel(r.Context()), conn)
	})
}

func coderClient(ctx context.Context, url string) error {
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{CompressionMode: coderCompression})
	if err != nil {
		return err
	}
	coderEcho(ctx, conn)
	return nil
}

var coderCompression = websocket.CompressionContextTakeover

// coderPanics counts the connections that ended with a panic of the library's.
var coderPanics atomic.Int64

// coderEcho serves a connection until it ends. Without the recover, a panic of the library would end the program.
func coderEcho(ctx context.Context, conn *websocket.Conn) {
	defer func() {
		if recover() != nil {
			coderPanics.Add(1)
		}
		_ = conn.CloseNow()
	}()
	conn.SetReadLimit(limit)
	for {
		kind, content, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if err := conn.Write(ctx, kind, content); err != nil {
			return
		}
	}
}
