// Package otel traces and measures WebSocket connections by OpenTelemetry.
//
//	observer, err := wsotel.New(wsotel.Options{})
//	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: observer}}
//
// It is a module of its own, so that only those who use OpenTelemetry depend on it.
//
// # Spans
//
// A connection is a span, from its opening handshake to its end, of kind server, or client if it was dialed. Its parent is
// the span in the request's context, such as that of an instrumented HTTP handler, or else what the propagator finds in the
// request's header; of a dialed connection, the span in the context of Dial. The context of the connection's handler has the
// span, so that the spans of what the handler does are its children, and the baggage of the request. The name is "websocket"
// and the route, if a pattern of [http.ServeMux] or package routing matched. The attributes follow the semantic conventions:
//
//	network.protocol.name, .version, network.transport      websocket, such as 13, tcp or unix
//	network.peer.address, .port; client.address, .port      the other end; the latter of a server alone
//	server.address, server.port, url.scheme, url.path       what was asked for, without its query
//	http.route, user_agent.original                         if they are known; of a server
//	websocket.connection.id, websocket.subprotocol          as in logs
//	websocket.close.code, .reason, .clean, .from_peer       when it is over
//	websocket.messages.in, .out                             when it is over
//	websocket.limit                                         that it was closed for
//	error.type                                              "panic", the type of the handler's error, or the close code
//
// Of a path, a host and a user agent there are up to 256 bytes, and what is not UTF-8 in them is replaced by U+FFFD.
//
// An unclean end with a code below 3000 has the status Error; other codes are the program's own. That a handler failed or
// panicked is an event "exception", with the stack of the panic.
//
// # Metrics
//
//	websocket.connection.count      {connection}  up-down counter
//	websocket.connection.duration   s             histogram, by websocket.close.code, websocket.close.clean and error.type
//	websocket.handshake.refused     {request}     counter, by http.response.status_code and websocket.limit
//	websocket.dial.failures         {dial}        counter, by error.type
//	websocket.handler.failures      {failure}     counter, by error.type
//	websocket.messages              {message}     counter, by network.io.direction (receive, transmit)
//	websocket.io                    By            counter, by network.io.direction
//	websocket.round_trip.duration   s             histogram
//
// All have websocket.role, server or client. What live connections have sent and received is in them at every collection.
// The close codes are those of [observe.CodeLabel].
package otel
