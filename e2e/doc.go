// Package e2e tests the examples, and the connections below them, from outside: as processes on real sockets, with peers that
// others have written. These are Python's websockets, Node's ws and websocket-driver, Ruby's websocket-driver, gorilla/websocket,
// coder/websocket, lxzan/gws, the test programs of libwebsockets, and Chromium; what is missing is said by the test, which then fails if
// CI=true, and is skipped otherwise.
//
//	apt-get install python3-websockets ruby-websocket-driver libwebsockets-test-server chromium
//	npm ci --prefix e2e/node
//	go test ./e2e/...
//
// Words: a peer is a process that speaks WebSocket with a foreign library, in either role; an example is a process of ours; a
// conversation is what the two say to each other on one connection; an oracle is a foreign library that is asked what it makes of bytes.
package e2e
