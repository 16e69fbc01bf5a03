package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/upgrade"
)

// metrics are the instruments, and what is counted for those that are asked.
type metrics struct {
	active                  metric.Int64UpDownCounter
	duration, roundTrip     metric.Float64Histogram
	refused, dials, failing metric.Int64Counter
	messages, io            metric.Int64ObservableCounter
	registration            metric.Registration

	counters [2]observe.Counters // by role
}

// Durations of connections are up to days; the default boundaries end at 10 s.
var (
	durationBounds  = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144}
	roundTripBounds = []float64{.001, .002, .004, .008, .016, .032, .064, .128, .256, .512, 1.024, 2.048, 4.096, 8.192, 16.384}
)

func newMetrics(meter metric.Meter) (*metrics, error) {
	m := new(metrics)
	var errs [9]error
	m.active, errs[0] = meter.Int64UpDownCounter("websocket.connection.count",
		metric.WithUnit("{connection}"), metric.WithDescription("WebSocket connections that there are."))
	m.duration, errs[1] = meter.Float64Histogram("websocket.connection.duration",
		metric.WithUnit("s"), metric.WithDescription("How long the WebSocket connections lasted that are over."),
		metric.WithExplicitBucketBoundaries(durationBounds...))
	m.roundTrip, errs[2] = meter.Float64Histogram("websocket.round_trip.duration",
		metric.WithUnit("s"), metric.WithDescription("Time until pings were answered."),
		metric.WithExplicitBucketBoundaries(roundTripBounds...))
	m.refused, errs[3] = meter.Int64Counter("websocket.handshake.refused",
		metric.WithUnit("{request}"), metric.WithDescription("Requests that became no WebSocket connection."))
	m.dials, errs[4] = meter.Int64Counter("websocket.dial.failures",
		metric.WithUnit("{dial}"), metric.WithDescription("Dials that made no WebSocket connection."))
	m.failing, errs[5] = meter.Int64Counter("websocket.handler.failures",
		metric.WithUnit("{failure}"), metric.WithDescription("Handlers of WebSocket connections that failed or panicked."))
	m.messages, errs[6] = meter.Int64ObservableCounter("websocket.messages",
		metric.WithUnit("{message}"), metric.WithDescription("WebSocket messages."))
	m.io, errs[7] = meter.Int64ObservableCounter("websocket.io",
		metric.WithUnit("By"), metric.WithDescription("Bytes of WebSocket frames, with their headers."))
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	m.registration, errs[8] = meter.RegisterCallback(m.collect, m.messages, m.io)
	return m, errs[8]
}

// collect asks the live connections what went over them.
func (m *metrics) collect(_ context.Context, to metric.Observer) error {
	for _, r := range []role{server, client} {
		now := m.counters[r].Snapshot()
		if now.Opened == 0 {
			continue
		}
		in := metric.WithAttributes(r.attribute(), semconv.NetworkIODirectionReceive)
		out := metric.WithAttributes(r.attribute(), semconv.NetworkIODirectionTransmit)
		to.ObserveInt64(m.messages, signed(now.Traffic.MessagesIn), in)
		to.ObserveInt64(m.messages, signed(now.Traffic.MessagesOut), out)
		to.ObserveInt64(m.io, signed(now.Traffic.BytesIn), in)
		to.ObserveInt64(m.io, signed(now.Traffic.BytesOut), out)
	}
	return nil
}

func (m *metrics) refuse(e upgrade.Refused) {
	labels := []attribute.KeyValue{server.attribute(), semconv.HTTPResponseStatusCode(e.Status)}
	if limit := e.Limit(); limit != "" {
		labels = append(labels, limitKey.String(string(limit)))
	}
	m.refused.Add(e.Request.Context(), 1, metric.WithAttributes(labels...))
}

func (m *metrics) dialFailed(e upgrade.DialFailed) {
	m.dials.Add(e.Context, 1, metric.WithAttributes(client.attribute(), semconv.ErrorType(e.Err)))
}

func (m *metrics) fail(ctx context.Context, e upgrade.Failed) {
	m.failing.Add(ctx, 1, metric.WithAttributes(roleOf(e.Conn).attribute(), semconv.ErrorTypeKey.String(typeOf(e))))
}
