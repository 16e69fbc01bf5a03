package wstest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

var (
	text   = says(message.Text("a"))
	binary = says(message.Binary([]byte("a")))
)

// never takes everything and says nothing.
func never(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Filter(in, func(message.Message) bool { return false })
}

var failures = map[string]struct {
	handler upgrade.Handler
	test    func(p *wstest.WSProbe)
	want    string
}{
	"other text": {
		text, func(p *wstest.WSProbe) { p.ExpectText("b") },
		`expected text of 1 byte: "b", got text of 1 byte: "a"`,
	},
	"other kind": {
		binary, func(p *wstest.WSProbe) { p.ExpectText("a") },
		`expected text of 1 byte: "a", got binary of 1 byte: "a"`,
	},
	"other bytes": {
		binary, func(p *wstest.WSProbe) { p.ExpectBinary(nil) },
		`expected binary of 0 bytes: "", got binary of 1 byte: "a"`,
	},
	"difference far behind": {
		says(message.Text(strings.Repeat("x", 50) + "y")), func(p *wstest.WSProbe) { p.ExpectText(strings.Repeat("x", 50) + "z") },
		`(the first 50 bytes are equal, then "z", got "y")`,
	},
	"other JSON": {
		says(message.Text(`{"a":1}`)), func(p *wstest.WSProbe) { p.ExpectJSON(map[string]int{"a": 2}) },
		`expected JSON {"a":2}, got {"a":1}`,
	},
	"no JSON": {
		text, func(p *wstest.WSProbe) { p.ExpectJSON(1) },
		`expected JSON 1, got a`,
	},
	"JSON in binary": {
		binary, func(p *wstest.WSProbe) { p.ExpectJSON(1) },
		`expected JSON 1, got binary of 1 byte: "a"`,
	},
	"no match": {
		text, func(p *wstest.WSProbe) { p.ExpectMessageFunc(message.Message.IsBinary) },
		`expected a message that matches, got text of 1 byte: "a"`,
	},
	"nothing": {
		never, func(p *wstest.WSProbe) { p.SendText("x"); p.ExpectMessage() },
		"expected a message, and nothing came within 3s\nlast messages (-> sent, <- received):\n\t-> text of 1 byte: \"x\"",
	},
	"nothing at all": {
		never, func(p *wstest.WSProbe) { p.Timeout = time.Minute; p.ExpectMessage() },
		"nothing came within 1m0s\nlast messages (-> sent, <- received):\n\t(nothing)",
	},
	"end for a message": {
		says(), func(p *wstest.WSProbe) { p.ExpectMessage() },
		"expected a message, and the connection ended: websocket: closed by peer: 1000 normal",
	},
	"message for nothing": {
		text, func(p *wstest.WSProbe) { p.ExpectNoMessage(time.Second) },
		`expected no message within 1s, got text of 1 byte: "a"`,
	},
	"end for nothing": {
		says(), func(p *wstest.WSProbe) { p.ExpectNoMessage(time.Second) },
		"expected no message within 1s, and the connection ended",
	},
	"message for completion": {
		text, func(p *wstest.WSProbe) { p.ExpectCompletion() },
		`expected the connection to complete, got text of 1 byte: "a"`,
	},
	"open for completion": {
		never, func(p *wstest.WSProbe) { p.ExpectCompletion() },
		"expected the connection to complete, and it is still open after 3s",
	},
	"failure for completion": {
		fails(&upgrade.CloseError{Code: 4000, Reason: "no"}), func(p *wstest.WSProbe) { p.ExpectCompletion() },
		"expected the connection to complete, and it failed: websocket: closed by peer: 4000: no",
	},
	"completion for failure": {
		says(), func(p *wstest.WSProbe) { _ = p.ExpectFailure() },
		"expected the connection to fail, and it completed: websocket: closed by peer: 1000",
	},
	"other code": {
		says(), func(p *wstest.WSProbe) { p.ExpectClose(4000) },
		"expected the connection to close with 4000, and it ended: websocket: closed by peer: 1000",
	},
	"send after the end": {
		says(), func(p *wstest.WSProbe) { p.ExpectCompletion(); p.SendText("x") },
		"SendMessage: the connection has ended: websocket: closed by peer: 1000",
	},
	"send after close": {
		never, func(p *wstest.WSProbe) { p.SendCompletion(); p.SendText("x") },
		"SendMessage: the probe has closed the connection before",
	},
	"close code that may not be sent": {
		never, func(p *wstest.WSProbe) { p.SendClose(1006, "") },
		"SendClose: close code 1006 abnormal closure may not be sent",
	},
	"no error":          {never, func(p *wstest.WSProbe) { p.SendError(nil) }, "SendError: no error"},
	"no JSON to send":   {never, func(p *wstest.WSProbe) { p.SendJSON(func() {}) }, "SendJSON: json: unsupported type"},
	"no JSON to expect": {never, func(p *wstest.WSProbe) { p.ExpectJSON(func() {}) }, "ExpectJSON: json: unsupported type"},
}

func TestFailureTellsWhatWasWantedAndWhatCame(t *testing.T) {
	for name, test := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				require.Contains(t, failureOf(func(tb testing.TB) { test.test(meet(tb, test.handler)) }), test.want)
			})
		})
	}
}

func TestProbeWithoutAConnectionSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewWSProbe(tb).ExpectText("x") }),
			"nothing came within 3s: the probe has no connection")
		require.Contains(t, failureOf(func(tb testing.TB) { wstest.NewWSProbe(tb).SendText("x") }),
			"SendMessage: the probe has no connection")
	})
}

func TestReportHasTheLastMessagesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		report := failureOf(func(tb testing.TB) {
			probe := meet(tb, echo)
			for range 20 {
				probe.SendText("again")
				probe.ExpectText("again")
			}
			probe.ExpectCompletion()
		})
		require.Equal(t, 5, strings.Count(report, `-> text of 5 bytes: "again"`))
		require.Equal(t, 5, strings.Count(report, `<- text of 5 bytes: "again"`))
	})
}

func TestGoroutinesThatOutliveTheirConnectionAreReported(t *testing.T) {
	for name, test := range map[string]func(tb testing.TB, stuck upgrade.Handler){
		"Request": func(tb testing.TB, stuck upgrade.Handler) {
			probe := wstest.NewWSProbe(tb)
			wstest.WS("/", probe.Flow()).Run(silent(upgrade.Settings{}).Handler(stuck))
			probe.SendText("x")
			probe.ExpectNoMessage(time.Second)
		},
		"Server": func(tb testing.TB, stuck upgrade.Handler) {
			p := wstest.NewServer(tb, silent(upgrade.Settings{}).Handler(stuck)).Peer("/")
			p.WriteText("x")
			p.ExpectNothing(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				stuck := func(in flow.Source[message.Message]) flow.Source[message.Message] {
					return flow.Filter(in, func(message.Message) bool { <-release; return false })
				}
				report := failureOf(func(tb testing.TB) { test(tb, stuck) })
				require.Contains(t, report, "are left")
				require.Contains(t, report, "TestGoroutinesThatOutliveTheirConnectionAreReported")
			})
		})
	}
}
