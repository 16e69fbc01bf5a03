// Package reconnect has clients whose streams survive their connections: what is lost is made anew, after a wait that
// keeps a server that restarts from being overrun, and what was missed meanwhile arrives once, in order, or a gap says
// what cannot.
//
//	client := reconnect.Client{URL: "wss://example.org/feed"}
//	for m, err := range client.Flow()(messages).All(ctx) { … }
//
// # Words
//
// A run is one run of what [Client.Flow] gives, or one call of [Client.Run]. It makes one connection after the other,
// and never two at a time.
//
// An attempt is one try to get a connection. It fails if the server cannot be reached or refuses.
//
// A connection lasts if it lives for [Backoff].Within. Attempts that fail and connections that do not last are counted
// as failures in a row; the first connection that lasts sets their number to 0.
//
// # What is retried
//
// [Client].Retry decides; without it, [Retryable] does:
//
//	how it ended                            tried again
//	1000 normal closure                     no: the run is complete
//	1001, 1005, 1006, 1011 to 1014, 3008    yes
//	1002, 1003, 1007 to 1010                no: the same would happen again
//	3000 to 4999, but for 3008              no: what they say is the application's to know
//	408, 425, 429                           yes
//	5xx, but for 501 and 505                yes
//	another response, also of a proxy       no
//	no response, an error of the network    yes
//	an error of a hook                      yes
//
// RFC 6455, 7.2.3, asks for a random wait before each attempt but the first, and for longer ones the more have failed:
// see [Backoff]. A Retry-After of a response is waited for besides.
//
// # What becomes of messages
//
// A message is given to one connection, once: a message that was on its way when the connection was lost may have
// arrived or not. One that could not be given to a connection waits for the next; so no message arrives twice, nor out
// of order. With [Client].Acked the messages that the server has not acknowledged are sent again: then none is lost, and
// the server may get some twice.
//
// What a server has to say while there is no connection is lost, unless both ends know how to go on. Target and Hello
// of a [Client] tell the server what was seen last. With a topic of package hub, [Feed] at the server and [Topic] at the
// client do all of it.
package reconnect
