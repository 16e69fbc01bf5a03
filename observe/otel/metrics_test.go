package otel_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	wsotel "github.com/wsflow/wsflow/observe/otel"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// collect returns the metrics by their names.
func (s *setup) collect(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.reader.Collect(context.Background(), &all))
	named := map[string]metricdata.Metrics{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			named[m.Name] = m
		}
	}
	return named
}

func point(n int64, labels ...attribute.KeyValue) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(labels...), Value: n}
}

func requireSum(t *testing.T, got metricdata.Metrics, unit string, monotonic bool, points ...metricdata.DataPoint[int64]) {
	t.Helper()
	require.Equal(t, unit, got.Unit)
	metricdatatest.AssertEqual(t, metricdata.Sum[int64]{
		DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: monotonic,
	}, got.Data.(metricdata.Sum[int64]), metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

var (
	atServer = attribute.String("websocket.role", "server")
	atClient = attribute.String("websocket.role", "client")
	receive  = attribute.String("network.io.direction", "receive")
	transmit = attribute.String("network.io.direction", "transmit")
)

func TestMetricsHaveLiveConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		probe := wstest.NewServer(t, s.upgrader().Handler(echo)).Probe("/")
		for range 3 {
			probe.SendText("abc")
			probe.ExpectText("abc")
		}
		synctest.Wait()
		live := s.collect(t)
		requireSum(t, live["websocket.connection.count"], "{connection}", false, point(1, atServer))
		requireSum(t, live["websocket.messages"], "{message}", true, point(3, atServer, receive), point(3, atServer, transmit))
		requireSum(t, live["websocket.io"], "By", true, point(27, atServer, receive), point(15, atServer, transmit))
		require.NotContains(t, live, "websocket.connection.duration")
		time.Sleep(10 * time.Second)
		probe.SendCompletion()
		probe.ExpectCompletion()
		synctest.Wait()
		over := s.collect(t)
		requireSum(t, over["websocket.connection.count"], "{connection}", false, point(0, atServer))
		requireSum(t, over["websocket.messages"], "{message}", true, point(3, atServer, receive), point(3, atServer, transmit))
		duration := over["websocket.connection.duration"]
		require.Equal(t, "s", duration.Unit)
		points := duration.Data.(metricdata.Histogram[float64]).DataPoints
		require.Len(t, points, 1)
		require.Equal(t, 10., points[0].Sum)
		require.Equal(t, attribute.NewSet(
			atServer, attribute.String("websocket.close.code", "1000"), attribute.Bool("websocket.close.clean", true),
		), points[0].Attributes)
	})
}

func TestMetricsHaveWhatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		u := s.upgrader()
		fail(t, u, func() error { panic("boom") }, protocol.CloseInternalError)
		fail(t, u, func() error { return errors.New("boom") }, protocol.CloseInternalError)
		no := func(*upgrade.Request) (upgrade.Handler, error) {
			return nil, upgrade.Reject(http.StatusForbidden, "no")
		}
		wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(u.HandlerFunc(no))
		d := upgrade.Dialer{Settings: upgrade.Settings{Observer: s.observer}}
		_, _, err := d.Dial(t.Context(), "ftp://example.com")
		require.Error(t, err)
		synctest.Wait()
		all := s.collect(t)
		requireSum(t, all["websocket.handler.failures"], "{failure}", true,
			point(1, atServer, attribute.String("error.type", "panic")), point(1, atServer, attribute.String("error.type", "*errors.errorString")))
		requireSum(t, all["websocket.handshake.refused"], "{request}", true, point(1, atServer, attribute.Int("http.response.status_code", 403)))
		requireSum(t, all["websocket.dial.failures"], "{dial}", true, point(1, atClient, attribute.String("error.type", "*errors.errorString")))
	})
}

func TestRolesAreToldApartAndRoundTripsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		server := wstest.NewServer(t, s.upgrader().Handler(echo))
		d := server.Dialer()
		d.Observer = s.observer
		c, _, err := d.Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		s.observer.Observe(upgrade.RoundTrip{Conn: c, Time: 3 * time.Millisecond})
		synctest.Wait()
		requireSum(t, s.collect(t)["websocket.connection.count"], "{connection}", false, point(1, atServer), point(1, atClient))
		points := s.collect(t)["websocket.round_trip.duration"].Data.(metricdata.Histogram[float64]).DataPoints
		require.Len(t, points, 1)
		require.Equal(t, 0.003, points[0].Sum)
		require.Equal(t, attribute.NewSet(atClient), points[0].Attributes)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		synctest.Wait()
	})
}

func TestClosedObserverIsNotAskedAnyMore(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	o, err := wsotel.New(wsotel.Options{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))})
	require.NoError(t, err)
	require.NoError(t, o.Close())
	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	require.Empty(t, all.ScopeMetrics)
}
