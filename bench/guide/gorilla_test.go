// Package guide has the program that docs/guide/coming-from.md compares with, as it is usually written.
package guide

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

type hub struct {
	join, leave chan *member
	said        chan []byte
}

type member struct {
	conn  *websocket.Conn
	heard chan []byte
}

func (h *hub) run() {
	members := make(map[*member]bool)
	for {
		select {
		case m := <-h.join:
			members[m] = true
		case m := <-h.leave:
			if members[m] {
				delete(members, m)
				close(m.heard)
			}
		case line := <-h.said:
			for m := range members {
				select {
				case m.heard <- line:
				default: // too slow
					delete(members, m)
					close(m.heard)
				}
			}
		}
	}
}

func (h *hub) readLoop(m *member) {
	defer func() {
		h.leave <- m
		m.conn.Close()
	}()
	m.conn.SetReadLimit(1 << 20)
	_ = m.conn.SetReadDeadline(time.Now().Add(40 * time.Second))
	m.conn.SetPongHandler(func(string) error {
		return m.conn.SetReadDeadline(time.Now().Add(40 * time.Second))
	})
	for {
		_, line, err := m.conn.ReadMessage()
		if err != nil {
			return
		}
		h.said <- line
	}
}

func (h *hub) writeLoop(m *member) {
	ping := time.NewTicker(30 * time.Second)
	defer ping.Stop()
	defer m.conn.Close()
	for {
		_ = m.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		select {
		case line, ok := <-m.heard:
			if !ok {
				_ = m.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			if m.conn.WriteMessage(websocket.TextMessage, line) != nil {
				return
			}
		case <-ping.C:
			if m.conn.WriteMessage(websocket.PingMessage, nil) != nil {
				return
			}
		}
		_ = m.conn.SetWriteDeadline(time.Time{})
	}
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	m := &member{conn, make(chan []byte, 256)}
	h.join <- m
	go h.writeLoop(m)
	go h.readLoop(m)
}

func TestUsualProgram(t *testing.T) {
	h := &hub{make(chan *member), make(chan *member), make(chan []byte)}
	go h.run()
	server := httptest.NewServer(h)
	defer server.Close()
	url := strings.Replace(server.URL, "http", "ws", 1)
	var members []*websocket.Conn
	for range 2 {
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		require.NoError(t, err)
		defer conn.Close()
		members = append(members, conn)
	}
	require.NoError(t, members[0].WriteMessage(websocket.TextMessage, []byte("hello")))
	_, line, err := members[0].ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "hello", string(line))
}
