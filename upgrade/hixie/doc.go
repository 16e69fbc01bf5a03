// Package hixie serves clients that speak WebSocket as it was in 2010, hixie-75 and hixie-76, with the handlers that
// serve all others. A [Handler] stands in front of an [upgrade.Upgrader] and passes on every request that is not theirs:
//
//	mux.Handle("/greeter", &hixie.Handler{Upgrader: &ws, Handler: greeter})
//
// One path then serves the drafts of 2010, and with Drafts in the Upgrader also those of 2011, versions 7 and 8, beside RFC 6455:
//
//	ws := upgrade.Upgrader{Drafts: true}
//	mux.Handle("/greeter", &hixie.Handler{Upgrader: &ws, Handler: greeter})
//
// A server that shuts down has three Shutdowns to call, at the same time: that of the server itself, [upgrade.Upgrader.Shutdown] and
// [Handler.Shutdown], since each knows of its own connections only.
//
// Nothing in wsflow uses it; a server without it answers such clients with 426. The protocol itself, and the words
// for it, are in [github.com/wsflow/wsflow/protocol/hixie].
//
// # What is different
//
// Messages are text. A handler that sends a binary message ends its connection, with an error in the log. A streamed one is
// collected before it is sent, and may be as long as Settings.MaxMessage. There are no pings: a
// peer that is gone without a word is noticed by TCP's keep-alive, which [net/http] turns on, or by a write that nobody takes. While a
// handler is busy, one message is read ahead, and no more: behind it a closing is not seen.
// There are no close codes: however a handler ends, the peer sees the same. [upgrade.FromContext] returns nil, since there is no
// [upgrade.Conn]; no extensions are agreed on.
//
// # How connections end
//
//	what happens                       what the peer sees                     what the handler sees
//	the handler ends                   FF 00 in hixie-76, and TCP's end;      its context is cancelled
//	                                   why, if it failed, is logged
//	the peer closes                    the same, when the handler has ended,  its input completes
//	                                   at the latest after CloseGrace
//	the peer breaks the protocol       the same at once                       its input fails with a CloseError,
//	                                                                          its context is cancelled
//	the connection is cut              –                                      its input fails with 1006,
//	                                                                          its context is cancelled
//	the server shuts down              as when the handler ends               its input completes; its context
//	                                                                          is cancelled after CloseGrace
//
// In hixie-75 the peer closes by ending the TCP connection between two frames.
package hixie
