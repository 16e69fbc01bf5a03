// Package routing finds out which WebSocket handler a request is for, and answers the requests that are for none.
//
// A [Route] looks at a request and becomes a response, which is an http.Handler, or rejects it. A rejection is
// an error that says why. [Concat] then tries the next route, and when all have rejected, their rejections add
// up. A route is an http.Handler itself: the outermost one turns the most telling rejection into a response, so
// that a client learns what it can do about it.
//
//	route := routing.With(&ws, routing.Concat(
//		routing.Path("/greeter", routing.HandleWebSocketMessages(greeter)),
//		routing.Path("/chat/{room}", routing.HandleWebSocketMessagesForProtocol(chatV2, "chat.v2")),
//		routing.Path("/{$}", routing.Handler(page)),
//	))
//	http.ListenAndServe(":8080", route)
//
// Routes are for what a router does not know: upgrades, subprotocols, and the responses for what
// does not fit. Patterns are those of [http.ServeMux], which matches them here too; any other router can stand
// around a route, or inside of one as its [Handler].
//
// # Order
//
// Concat takes the first route that does not reject. Unlike in a ServeMux, order decides, not the more specific
// pattern: a subtree such as "/" stands last.
//
// # Rejections
//
//   - [ErrNotFound]: nothing there, which is what Path says where its pattern does not match.
//   - [*MethodRejection]: the path has other methods.
//   - [*upgrade.Rejection]: any status. It is what [upgrade.Upgrader.Check] returns for a request that is no
//     correct handshake, and what the functions given to [Require] and [ExtractUpgrade] refuse with.
//   - [*SubprotocolRejection]: the client offers none of the subprotocols of the routes.
//   - Any other error is a failure of the server.
//
// [MostTelling] says which one becomes the response.
package routing
