package conformance_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// echo answers every message with itself.
func echo(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

// A configuration is one of those that all cases are played in.
type configuration struct {
	name        string
	wire        wstest.Wire
	streaming   bool
	compression *deflate.Settings
	deflate     bool // only the cases about compression
	options     conformance.Options
	limit       int64
}

func (c configuration) virtual() bool { return !c.wire.TCP }

// configurations are strict and streamed, over memory, in virtual time and byte by byte too, over TCP and over TLS.
func configurations() []configuration {
	var all []configuration
	for _, wire := range []configuration{
		{name: "memory", options: conformance.Options{Slow: true}},
		{
			name: "memory, byte by byte", wire: wstest.Wire{ServerReads: wstest.ByteByByte},
			limit: 80_000, options: conformance.Options{Slow: true, Size: 16 << 10},
		},
		{name: "TCP", wire: wstest.Wire{TCP: true}},
		{name: "TLS", wire: wstest.Wire{TCP: true, TLS: true}},
	} {
		wire.options.Limit = wire.limit
		if wire.limit == 0 {
			wire.options.Limit = 1 << 20
		}
		for _, streaming := range []bool{false, true} {
			c := wire
			c.streaming = streaming
			c.name += map[bool]string{false: ", strict", true: ", streaming"}[streaming]
			all = append(all, c)
			if streaming == wire.wire.TLS && (wire.wire.TCP || wire.wire.ServerReads != nil) {
				continue // both over memory, the one or the other over the rest
			}
			c.name, c.options.Compression = c.name+", compressed", true
			c.compression = &deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}, Threshold: -1}
			all = append(all, c)
		}
	}
	// What else can be agreed on needs to be seen over one network only. A server that limits the client's window declines offers without it.
	for name, settings := range map[string]deflate.Settings{
		"compressed, no window kept":    {Threshold: -1},
		"compressed, small windows":     {Server: deflate.Window{Bits: 9, Takeover: true}, Client: deflate.Window{Bits: 10, Takeover: true}, Threshold: -1},
		"compressed, if it is worth it": {Server: deflate.Window{Takeover: true}},
	} {
		c := configuration{name: "memory, streaming, " + name, streaming: true, compression: &settings, deflate: true}
		c.options.Compression, c.options.Size = settings.Client.Bits == 0, 64<<10
		all = append(all, c)
	}
	if racing { // which is slow: one of each kind shows the races of all
		all = slices.DeleteFunc(all, func(c configuration) bool {
			return !slices.Contains([]string{
				"memory, streaming, compressed", "memory, byte by byte, strict", "TCP, streaming, compressed", "TLS, strict",
			}, c.name)
		})
	}
	return all
}

func (c configuration) cases() []conformance.Case {
	cases := conformance.Cases(c.options)
	if c.deflate {
		cases = slices.DeleteFunc(cases, not(aboutDeflate))
	}
	return cases
}

// in runs a test in virtual time if the configuration allows for it.
func (c configuration) in(t *testing.T, test func(t *testing.T)) {
	t.Run(c.name, func(t *testing.T) {
		t.Parallel()
		if c.virtual() {
			synctest.Test(t, test)
			return
		}
		test(t)
	})
}

// check fails the test with all that there is to know about the cases that are not passed.
func check(t *testing.T, run *conformance.Run) {
	t.Helper()
	t.Logf("%s: %d cases, %d passed, %d without compression", run.Endpoint, run.Count(), run.Passed(), run.Uncompressed())
	for _, result := range run.Failed() {
		t.Errorf("%v", result)
	}
	require.NotZero(t, run.Count())
	checkBetter(t, run)
}

// checkBetter fails the test where RFC 6455 allows for more than one ending and the endpoint has not done the first of
// those that the case names: ours do what tells the peer most.
func checkBetter(t *testing.T, run *conformance.Run) {
	t.Helper()
	for _, result := range run.Results {
		c := conformance.Case{ID: result.ID}
		switch {
		case c.Matches("7.5"), c.Matches("7.7"), c.Matches("7.8"), c.Matches("21.21"):
			first, _, _ := strings.Cut(result.Expect, ",")
			first, _, _ = strings.Cut(first, " or ")
			if i := strings.LastIndex(first, "; "); i >= 0 {
				first = first[i+2:]
			}
			require.Contains(t, result.Seen, strings.ToLower(first), "%v", result)
		case c.Matches("20.17"):
			require.Contains(t, result.Seen, "close 1000", "%v", result)
		}
	}
}

// checkCompressed fails the test if an endpoint that compresses everything has not, in a case in which it sends messages.
func (c configuration) checkCompressed(t *testing.T, run *conformance.Run) {
	t.Helper()
	if c.compression == nil || c.compression.Threshold >= 0 {
		return
	}
	seen := make(map[string]bool)
	for _, one := range c.cases() {
		seen[one.ID] = dataSeen(one)
	}
	for _, result := range run.Results {
		if seen[result.ID] && !result.Uncompressed() {
			require.NotZero(t, result.Compression.FromEndpoint, "%v", result)
		}
	}
}

func TestOurServerPassesEveryCase(t *testing.T) {
	for _, c := range configurations() {
		c.in(t, func(t *testing.T) {
			ws := upgrade.Upgrader{Settings: upgrade.Settings{Streaming: c.streaming, MaxMessage: c.limit, Compression: c.compression, Logger: slog.New(slog.DiscardHandler)}}
			s := wstest.NewServer(t, ws.Handler(echo), c.wire)
			server := conformance.Server{
				URL: s.URL("/"), Name: "our server, " + c.name, Timeout: 10 * time.Second,
				Dial: func(context.Context) (net.Conn, error) { return s.RawDial(), nil },
			}
			if c.virtual() {
				server.Pause = time.Millisecond
			}
			run := server.Run(t.Context(), c.cases())
			check(t, run)
			c.checkCompressed(t, run)
		})
	}
}
