package main

import (
	"context"
	"net/http"

	"github.com/gorilla/websocket"
)

// gorillaServer is as the package documentation shows it.
func gorillaServer() http.Handler {
	upgrader := websocket.Upgrader{EnableCompression: true}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		gorillaEcho(conn)
	})
}

func gorillaClient(ctx context.Context, url string) error {
	conn, _, err := (&websocket.Dialer{EnableCompression: true}).DialContext(ctx, url, nil)
	if err != nil {
		return err
	}
	gorillaEcho(conn)
	return nil
}

func gorillaEcho(conn *websocket.Conn) {
	defer conn.Close()
	conn.SetReadLimit(limit)
	for {
		kind, content, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if err := conn.WriteMessage(kind, content); err != nil {
			return
		}
	}
}
