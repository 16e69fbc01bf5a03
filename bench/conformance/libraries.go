package main

import (
	"context"
	"net/http"
	"runtime/debug"
)

// limit is how many bytes a message may have for every endpoint.
const limit = 1 << 20

// A library is a server and a client that answer every message with itself, written as the library's own documentation
// shows, with its checks on and its limit at what the suite is told.
type library struct {
	name   string
	module string
	// server serves one connection for each request.
	server func() http.Handler
	// client connects and echoes until the connection ends, or says why it does not connect.
	client func(ctx context.Context, url string) error
}

// libraries are what is compared, in the order of the tables.
var libraries = []library{
	{"wsflow", "github.com/wsflow/wsflow", wsflowServer, wsflowClient},
	{"gorilla/websocket", "github.com/gorilla/websocket", gorillaServer, gorillaClient},
	{"coder/websocket", "github.com/coder/websocket", coderServer, coderClient},
	{"gobwas/ws", "github.com/gobwas/ws", gobwasServer, gobwasClient},
	{"lxzan/gws", "github.com/lxzan/gws", gwsServer, gwsClient},
}

// title is the library's name with its version, where the build knows it.
func (l library) title() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range build.Deps {
			if dependency.Path == l.module && dependency.Version != "(devel)" {
				return l.name + " " + dependency.Version
			}
		}
	}
	return l.name
}
