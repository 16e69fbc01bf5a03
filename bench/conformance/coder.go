package main

import (
	"context"
	"net/http"

	"github.com/coder/websocket"
)

// coderServer is as the README shows it.
func coderServer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // it has answered
		}
		coderEcho(context.WithoutCancel(r.Context()), conn)
	})
}

func coderClient(ctx context.Context, url string) error {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return err
	}
	coderEcho(ctx, conn)
	return nil
}

func coderEcho(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow()
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
