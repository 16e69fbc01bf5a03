// Package wstest tests WebSocket handlers without a port, a sleep or a flake. Client and server talk over an
// in-memory network, and so all of it is tested: handshake, frames, masks, UTF-8, closings. In a bubble of
// testing/synctest time is virtual: a quiet hour takes none.
//
//	synctest.Test(t, func(t *testing.T) {
//		probe := wstest.NewWSProbe(t)
//		wstest.WS("/greeter", probe.Flow()).Run(route).Check(func(r *wstest.Response) {
//			require.True(t, r.IsWebSocketUpgrade())
//			probe.SendText("Peter")
//			probe.ExpectText("Hello Peter!")
//			probe.SendCompletion()
//			probe.ExpectCompletion()
//		})
//	})
//
// Outside of a bubble the same test works in real time. What needs no connection needs no probe either:
//
//	replies, err := flow.Collect(ctx, greeter(flow.Of(message.Text("Ada"))))
//
// # Words
//
// A probe, [WSProbe], is the test's end of a connection: it sends messages and expects others.
//
// A [Request] is what the test asks an http.Handler, such as a [routing.Route]; [WS] makes one that
// wants a connection and [HTTP] one that does not. Its Run has a server and a network of its own, and
// returns a [Response], which may be a connection or a refusal.
//
// A [Server] is for what one request cannot show: several clients, a dialer, ordinary requests beside them.
//
// A [Peer] plays one end of a connection frame by frame, and may break every rule of RFC 6455; a [PeerServer]
// is where clients meet one.
//
// A [Wire] is what client and server are connected by: memory, with a [Chunking] and a buffer of the test's
// choice, or loopback TCP, with or without TLS. [Faults] make it a bad one: slow, narrow, broken. A [Proxy] is a bad network for what
// no wire connects.
//
// # Cleaning up
//
// What a test leaves open is cut when it ends. Then all goroutines that were started for the connection have 5
// s, in a bubble virtual ones, to end; the test fails with the stacks of those that have not.
package wstest
