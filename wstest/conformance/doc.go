// Package conformance tests WebSocket endpoints, servers and clients, against RFC 6455 and
// RFC 7692. It plays one conversation after another with an endpoint that echoes, and says of each what had to be seen, what was seen, and whether
// that is right. Nothing is judged halfway: a case is passed or it is not.
//
//	func TestEcho(t *testing.T) {
//		var ws upgrade.Upgrader
//		s := wstest.NewServer(t, ws.Handler(echo), wstest.Wire{TCP: true})
//		server := conformance.Server{URL: s.URL("/"), Parallel: 8}
//		run := server.Run(t.Context(), conformance.Cases())
//		t.Log(run.Count(), "cases,", run.Passed(), "passed,", run.Uncompressed(), "without compression")
//		for _, result := range run.Failed() {
//			t.Error(result)
//		}
//	}
//
// A server that runs elsewhere, in whatever language, is tested from a shell, and shown as a page:
//
//	go run github.com/wsflow/wsflow/wstest/conformance/cmd/wsconform -url ws://localhost:9001/ -html report.html
//
// [Options] has more to ask for. Limit, or -limit, adds the cases about messages that are longer than the endpoint takes, which the suite has to be
// told; Slow those that take minutes.
//
// # Words
//
// The endpoint is what is tested: a server or a client that answers every message with itself. The suite plays the other end.
//
// A [Case] is one conversation. Sections 1 to 13 are those of Autobahn's test suite, and where a case covers the same ground its number
// is meant to be the same; the cases and their wording are our own. So are sections 20 and 21, whose second numbers are rows of a list of hostile inputs.
//
// A [Play] is a case while it is played: it sends frames, right or wrong, expects others, and notes all of them. Whatever a case is
// about, every frame of the endpoint has to keep the rules of RFC 6455, 5: see [Play].
//
// A [Run] is what came of playing cases with one endpoint in one configuration; a [Report] shows several side by side.
//
// # Compression
//
// Sections 12 and 13, and some cases of 21, need an agreement on permessage-deflate ([Case].Deflate). The suite offers it to a server, and answers the
// offer of a client; every answer and offer of the endpoint is judged by RFC 7692, 7.1, and every compressed message by what was agreed on: it has to
// inflate with the window of the agreed size, and with a new one where that was agreed. A [Result] shows the agreement.
//
// An endpoint may decline. The case is then a conversation without compression, which is either failed or, as [Result.Uncompressed] reports,
// neither passed nor failed: [Run.Passed] does not count it. [Options].Compression says that the endpoint is expected to
// agree; declining is then a failure. An endpoint that agrees may still send everything as it is: [Run.SentPlain] tells in how many cases it did.
//
// # Servers and clients
//
// A [Server] says how to reach a server under test; its Run plays the cases. [Clients] is an http.Handler that clients under test connect
// to, in the manner of Autobahn: they ask /getCaseCount, connect to /runCase?case=1&agent=name and so on, echo what they get until the
// suite closes, and finally visit /updateReports?agent=name.
//
// The command wsconform does both from a shell.
//
// # Independence
//
// The suite encodes, decodes and judges frames with code of its own. Of package protocol it takes opcodes and close
// codes, as names; a mistake there cannot hide itself.
// What is compressed it inflates twice, with the standard library and with package deflate, which alone knows windows of less than 32 KiB; the two have to
// agree. It compresses with the standard library, for smaller windows with package deflate, and by hand what no compressor writes.
package conformance
