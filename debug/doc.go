// Package debug shows what the live connections of a server do: a page with their graphs, how much passes through
// them, where their time is spent, and which stage, or the socket, holds the others up.
//
//	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Statistics: true}}
//	mux.Handle("GET /debug/flows", debug.Flows(ws))
//
// The page is as public as its route. Who sees it learns the addresses of the peers, the paths that they asked for, how the
// server is built, and the errors that its streams failed with. Like net/http/pprof it belongs on a port of its own or behind
// an authentication; nothing is served until a program says where.
package debug
