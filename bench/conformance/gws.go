package main

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/lxzan/gws"
)

// gwsPanics counts the connections that ended with a panic of the library's.
var gwsPanics atomic.Int64

// gwsDeflate is what the library's own program for Autobahn has.
var gwsDeflate = gws.PermessageDeflate{Enabled: true, ServerContextTakeover: true, ClientContextTakeover: true}

// A gwsHandler echoes, as in the README and in the library's own program for Autobahn.
type gwsHandler struct{ gws.BuiltinEventHandler }

func (gwsHandler) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

func (gwsHandler) OnMessage(conn *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = conn.WriteMessage(m.Opcode, m.Bytes())
}

func gwsServer() http.Handler {
	upgrader := gws.NewUpgrader(gwsHandler{}, &gws.ServerOption{CheckUtf8Enabled: true, ReadMaxPayloadSize: limit, PermessageDeflate: gwsDeflate})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r)
		if err != nil {
			return // it has answered
		}
		go gwsEcho(conn)
	})
}

func gwsClient(_ context.Context, url string) error {
	conn, _, err := gws.NewClient(gwsHandler{}, &gws.ClientOption{
		Addr: url, CheckUtf8Enabled: true, ReadMaxPayloadSize: limit, PermessageDeflate: gwsDeflate,
	})
	if err != nil {
		return err
	}
	gwsEcho(conn)
	return nil
}

// gwsEcho serves a connection until it ends. Without the recover, a panic of the library would end the program.
func gwsEcho(conn *gws.Conn) {
	defer func() {
		if recover() != nil {
			gwsPanics.Add(1)
		}
		_ = conn.NetConn().Close()
	}()
	conn.ReadLoop()
}
