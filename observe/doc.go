// Package observe has observers for [upgrade.Settings].Observer, which is told what happens to connections: [Log] writes it to a
// log, [Counters] counts it for expvar and for programs, and [All] makes one observer of several. Two modules of their own serve
// Prometheus (observe/prometheus) and OpenTelemetry (observe/otel).
//
//	counters := new(observe.Counters)
//	expvar.Publish("websocket", counters)
//	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: observe.All(observe.Log(nil), counters)}}
//
// An observer costs each connection a few hundred nanoseconds, and each message nothing: what goes over connections is asked of
// them when somebody wants to know.
//
// # What is logged where
//
// Settings.Logger gets what went wrong on our side, at level Error: the errors and panics of handlers and of extensions,
// handlers that refuse with an error of their own, and, at level Warn, origins that were refused. It does so whether there
// is an observer or not, and so [Log] leaves these out: every error and every panic is in one record. Log gets what else
// happens, as in an access log. One logger may have both.
//
// # Keys
//
// Both use the same keys, which do not change:
//
//	event         what happened, see below
//	conn          the connection: its number, see upgrade.Conn.ID
//	remote        the network address of the peer
//	path          of the request, without its query, up to 256 bytes
//	subprotocol   that was agreed on, if one was
//	code          of the close, such as 1000
//	reason        of the close or of the refusal, if there is one
//	from_peer     whether the peer closed
//	clean         whether nobody complained
//	duration      of the connection or of the drain
//	messages_in   messages that came in
//	messages_out  messages that were sent
//	bytes_in      bytes that came in
//	bytes_out     bytes that were sent
//	status        of the response that refused
//	limit         that the peer was over, see upgrade.Limit
//	url           that was dialed, without credentials, query and fragment
//	round_trip    of a ping
//	connections   how many are to be drained
//	refused       connections so far that the server has closed unheard
//	origin, host  that do not go together
//	error         as text
//	panic, stack  its value, and where it was
//
// Nothing that a request brings is logged but its path, its Origin and its Host: no query, no header with a credential.
//
// # Events
//
//	opened              Debug  a connection                                     Log
//	closed              Debug  one that ended cleanly                           Log
//	                    Info   one that was cut, or that the peer is to blame for
//	                    Warn   one that we failed (1011), or for a limit
//	refused             Info   a request that became no connection              Log
//	                    Warn   for a limit, or with a 5xx status
//	dial_failed         Warn   Dial made no connection                          Log
//	round_trip          Debug  a ping was answered                              Log
//	draining, drained   Info   Upgrader.Shutdown                                Log
//	                    Warn   which did not end in time
//	failed              Error  a handler failed or panicked                     Settings.Logger
//	handler_refused     Error  a handler factory failed                         Settings.Logger
//	handshake_failed    Error  an opening handshake failed on our side          Settings.Logger
//	extension_failed    Error  a codec of an extension failed or panicked       Settings.Logger
//	ping_failed         Error  PingPayload failed or panicked                   Settings.Logger
//	stage_failed        Error  a frame stage failed or panicked                 Settings.Logger
//	settings_invalid    Error  what is wrong with Settings or an Upgrader       Settings.Logger
//	observer_panicked   Error  an observer, whoever it is                       Settings.Logger
//	origin_refused      Warn   with origin and host                             Settings.Logger
//	route_failed        Error  a route failed                                   slog.Default
//	connections_refused Warn   beyond MaxConnections, once a minute             Server.Logger
//	tls_failed          Error  a TLS handshake failed                           Server.Logger
//	accept_failed       Error  of a listener, with retry, the pause             Server.Logger
//	panicked            Error  an http.Handler panicked                         Server.Logger
//	frame               as set a frame: direction, opcode and more              frames.Log
//
// Types of events that are added to package upgrade may bring others.
package observe
