package prometheus_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	wsprometheus "github.com/wsflow/wsflow/observe/prometheus"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type source = flow.Source[message.Message]

func echo(in source) source { return in }

func with(o upgrade.Observer) *upgrade.Upgrader {
	return &upgrade.Upgrader{Settings: upgrade.Settings{Observer: o, Logger: slog.New(slog.DiscardHandler), PingInterval: -1}}
}

// fail sends a message to a handler that fails because of it.
func fail(t *testing.T, u *upgrade.Upgrader, f func() error, want upgrade.CloseCode) {
	t.Helper()
	h := func(in source) source {
		return flow.TryMap(in, func(_ context.Context, m message.Message) (message.Message, error) { return m, f() })
	}
	probe := wstest.NewWSProbe(t)
	wstest.WS("/", probe.Flow()).Run(u.Handler(h)).Check(func(*wstest.Response) {
		probe.SendText("abc")
		probe.ExpectClose(want)
	})
}

func TestMetricsAreThoseThatAreDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := wsprometheus.NewCollector(wsprometheus.Options{})
		u := with(c)
		probe := wstest.NewServer(t, u.Handler(echo)).Probe("/")
		probe.SendText("abc")
		probe.ExpectText("abc")
		time.Sleep(10 * time.Second)
		probe.SendCompletion()
		probe.ExpectCompletion()
		fail(t, u, func() error { panic("boom") }, protocol.CloseInternalError)
		fail(t, u, func() error { return errors.New("boom") }, protocol.CloseInternalError)
		over := &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Err: &upgrade.LimitError{Limit: upgrade.LimitByteRate}}
		fail(t, u, func() error { return over }, protocol.ClosePolicyViolation)
		fail(t, u, func() error { return &upgrade.CloseError{Code: 4001} }, 4001)
		fail(t, u, func() error { return &upgrade.CloseError{Code: 4002} }, 4002)
		no := func(*upgrade.Request) (upgrade.Handler, error) {
			return nil, upgrade.Reject(http.StatusForbidden, "no")
		}
		wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(u.HandlerFunc(no))
		c.Observe(upgrade.RoundTrip{Time: 3 * time.Millisecond})
		c.Observe(upgrade.Draining{})
		wstest.NewServer(t, u.Handler(echo)).Dial("/")
		synctest.Wait()
		require.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(want)))
	})
}

const want = `
# HELP wsflow_bytes_total Bytes of WebSocket frames, with their headers.
# TYPE wsflow_bytes_total counter
wsflow_bytes_total{direction="in"} 102
wsflow_bytes_total{direction="out"} 29
# HELP wsflow_closed_for_limit_total WebSocket connections that were closed for a limit.
# TYPE wsflow_closed_for_limit_total counter
wsflow_closed_for_limit_total{limit="byte_rate"} 1
# HELP wsflow_closed_total WebSocket connections that are over, by close code.
# TYPE wsflow_closed_total counter
wsflow_closed_total{clean="false",code="1008"} 1
wsflow_closed_total{clean="false",code="1011"} 2
wsflow_closed_total{clean="false",code="4xxx"} 2
wsflow_closed_total{clean="true",code="1000"} 1
# HELP wsflow_connection_duration_seconds How long the WebSocket connections lasted that are over.
# TYPE wsflow_connection_duration_seconds histogram
wsflow_connection_duration_seconds_bucket{le="1"} 5
wsflow_connection_duration_seconds_bucket{le="4"} 5
wsflow_connection_duration_seconds_bucket{le="16"} 6
wsflow_connection_duration_seconds_bucket{le="64"} 6
wsflow_connection_duration_seconds_bucket{le="256"} 6
wsflow_connection_duration_seconds_bucket{le="1024"} 6
wsflow_connection_duration_seconds_bucket{le="4096"} 6
wsflow_connection_duration_seconds_bucket{le="16384"} 6
wsflow_connection_duration_seconds_bucket{le="65536"} 6
wsflow_connection_duration_seconds_bucket{le="262144"} 6
wsflow_connection_duration_seconds_bucket{le="+Inf"} 6
wsflow_connection_duration_seconds_sum 10
wsflow_connection_duration_seconds_count 6
# HELP wsflow_connections_active WebSocket connections that there are.
# TYPE wsflow_connections_active gauge
wsflow_connections_active 1
# HELP wsflow_connections_opened_total WebSocket connections that there have been.
# TYPE wsflow_connections_opened_total counter
wsflow_connections_opened_total 7
# HELP wsflow_control_frames_in_total Pings, pongs and close frames that came in.
# TYPE wsflow_control_frames_in_total counter
wsflow_control_frames_in_total 6
# HELP wsflow_dial_failures_total Dials that made no WebSocket connection.
# TYPE wsflow_dial_failures_total counter
wsflow_dial_failures_total 0
# HELP wsflow_draining 1 while the server drains its WebSocket connections.
# TYPE wsflow_draining gauge
wsflow_draining 1
# HELP wsflow_handler_failures_total Handlers of WebSocket connections that failed with an error.
# TYPE wsflow_handler_failures_total counter
wsflow_handler_failures_total 1
# HELP wsflow_messages_total WebSocket messages.
# TYPE wsflow_messages_total counter
wsflow_messages_total{direction="in"} 6
wsflow_messages_total{direction="out"} 1
# HELP wsflow_panics_total Handlers of WebSocket connections that panicked.
# TYPE wsflow_panics_total counter
wsflow_panics_total 1
# HELP wsflow_refused_total Requests that became no WebSocket connection, by the status of the response.
# TYPE wsflow_refused_total counter
wsflow_refused_total{limit="",status="403"} 1
# HELP wsflow_round_trip_seconds Time until pings were answered.
# TYPE wsflow_round_trip_seconds histogram
wsflow_round_trip_seconds_bucket{le="0.001"} 0
wsflow_round_trip_seconds_bucket{le="0.002"} 0
wsflow_round_trip_seconds_bucket{le="0.004"} 1
wsflow_round_trip_seconds_bucket{le="0.008"} 1
wsflow_round_trip_seconds_bucket{le="0.016"} 1
wsflow_round_trip_seconds_bucket{le="0.032"} 1
wsflow_round_trip_seconds_bucket{le="0.064"} 1
wsflow_round_trip_seconds_bucket{le="0.128"} 1
wsflow_round_trip_seconds_bucket{le="0.256"} 1
wsflow_round_trip_seconds_bucket{le="0.512"} 1
wsflow_round_trip_seconds_bucket{le="1.024"} 1
wsflow_round_trip_seconds_bucket{le="2.048"} 1
wsflow_round_trip_seconds_bucket{le="4.096"} 1
wsflow_round_trip_seconds_bucket{le="8.192"} 1
wsflow_round_trip_seconds_bucket{le="16.384"} 1
wsflow_round_trip_seconds_bucket{le="+Inf"} 1
wsflow_round_trip_seconds_sum 0.003
wsflow_round_trip_seconds_count 1
`

func TestNamesFollowTheConventions(t *testing.T) {
	c := wsprometheus.NewCollector(wsprometheus.Options{})
	c.Observe(upgrade.Refused{Status: 403, Rejection: &upgrade.Rejection{}})
	problems, err := testutil.CollectAndLint(c)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// scrape returns what a Prometheus gets.
func scrape(t *testing.T, all ...prometheus.Collector) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	for _, c := range all {
		require.NoError(t, r.Register(c))
	}
	page := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, page.Code)
	return page.Body.String()
}

func TestLiveConnectionsAreScraped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := wsprometheus.NewCollector(wsprometheus.Options{})
		probe := wstest.NewServer(t, with(c).Handler(echo)).Probe("/")
		for _, want := range []string{"1", "2", "3"} {
			probe.SendText("abc")
			probe.ExpectText("abc")
			synctest.Wait()
			page := scrape(t, c)
			require.Contains(t, page, `wsflow_messages_total{direction="in"} `+want+"\n")
			require.Contains(t, page, `wsflow_messages_total{direction="out"} `+want+"\n")
		}
		probe.SendCompletion()
		probe.ExpectCompletion()
		synctest.Wait()
		require.Contains(t, scrape(t, c), "\nwsflow_connections_active 0\n")
		require.Contains(t, scrape(t, c), `wsflow_messages_total{direction="in"} 3`)
		require.EqualValues(t, 3, c.Snapshot().Traffic.MessagesOut)
	})
}

func TestTwoCollectorsOfAProgramAreToldApartByTheirLabels(t *testing.T) {
	var all []prometheus.Collector
	for _, side := range []string{"server", "client"} {
		all = append(all, wsprometheus.NewCollector(wsprometheus.Options{
			Namespace: "chat", ConstLabels: prometheus.Labels{"side": side},
			RoundTripBuckets: []float64{1}, DurationBuckets: []float64{1},
		}))
	}
	page := scrape(t, all...)
	for _, side := range []string{"server", "client"} {
		require.Contains(t, page, `chat_connections_active{side="`+side+`"} 0`)
	}
}
