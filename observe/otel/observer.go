package otel

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wsflow/wsflow/upgrade"
)

const scope = "github.com/wsflow/wsflow/observe/otel"

// Options are what an [Observer] is made with. What is nil is the global one.
type Options struct {
	TracerProvider trace.TracerProvider
	MeterProvider  metric.MeterProvider

	// Propagator finds the parent of a connection that is served in the header of its request.
	Propagator propagation.TextMapPropagator
}

// An Observer is an [upgrade.ContextObserver], of one Upgrader or Dialer or of several. Its methods may be called from any
// goroutine.
type Observer struct {
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
	metrics    *metrics

	mu   sync.Mutex
	live map[*upgrade.Conn]*connection
}

// A connection is one that is not over.
type connection struct {
	span    trace.Span
	baggage baggage.Baggage

	mu        sync.Mutex
	errorType string // what the handler failed with
}

// New returns an observer. The error is that of an instrument which the MeterProvider does not make.
func New(o Options) (*Observer, error) {
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.Propagator == nil {
		o.Propagator = otel.GetTextMapPropagator()
	}
	m, err := newMetrics(o.MeterProvider.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)))
	if err != nil {
		return nil, err
	}
	return &Observer{
		tracer:     o.TracerProvider.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		propagator: o.Propagator, metrics: m, live: make(map[*upgrade.Conn]*connection),
	}, nil
}

// Close ends the collection of metrics that are asked for. An observer that is used as long as the program runs need not be
// closed. Spans of connections that are not over go on.
func (o *Observer) Close() error { return o.metrics.registration.Unregister() }

// Observe takes note of an event.
func (o *Observer) Observe(e upgrade.Event) {
	switch e := e.(type) {
	case upgrade.Opened:
		o.opened(e)
	case upgrade.Failed:
		o.failed(e)
	case upgrade.Closed:
		o.closed(e)
	case upgrade.RoundTrip:
		o.metrics.roundTrip.Record(o.find(e.Conn).context(), e.Time.Seconds(), metric.WithAttributeSet(roleOf(e.Conn).set()))
	case upgrade.Refused:
		o.metrics.refuse(e)
	case upgrade.DialFailed:
		o.metrics.dialFailed(e)
	}
}

// ConnContext returns ctx with the span of the connection, and with the baggage that its request came with.
func (o *Observer) ConnContext(ctx context.Context, c *upgrade.Conn) context.Context {
	live := o.find(c)
	if live == nil { // it is over already
		return ctx
	}
	if live.baggage.Len() > 0 {
		ctx = baggage.ContextWithBaggage(ctx, live.baggage)
	}
	return trace.ContextWithSpan(ctx, live.span)
}

func (o *Observer) opened(e upgrade.Opened) {
	role := roleOf(e.Conn)
	o.metrics.counters[role].Observe(e)
	parent, kind := e.Request.Context(), trace.SpanKindClient
	if role == server {
		kind = trace.SpanKindServer
		if !trace.SpanContextFromContext(parent).IsValid() {
			parent = o.propagator.Extract(parent, propagation.HeaderCarrier(e.Request.Header))
		}
	}
	ctx, span := o.tracer.Start(parent, spanName(e), trace.WithSpanKind(kind), trace.WithAttributes(attributesOf(e, role)...))
	live := &connection{span: span, baggage: baggage.FromContext(ctx)}
	o.mu.Lock()
	o.live[e.Conn] = live
	o.mu.Unlock()
	o.metrics.active.Add(live.context(), 1, metric.WithAttributeSet(role.set()))
}

// find returns a connection that is not over, or nil.
func (o *Observer) find(c *upgrade.Conn) *connection {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.live[c]
}

// context is what a connection's metrics are recorded with, so that examples of them lead to its span.
func (c *connection) context() context.Context {
	if c == nil {
		return context.Background()
	}
	return trace.ContextWithSpan(context.Background(), c.span)
}

func (o *Observer) failed(e upgrade.Failed) {
	live := o.find(e.Conn)
	o.metrics.fail(live.context(), e)
	if live == nil {
		return
	}
	live.mu.Lock()
	live.errorType = typeOf(e)
	live.mu.Unlock()
	live.span.AddEvent(semconv.ExceptionEventName, trace.WithAttributes(exceptionOf(e)...))
}

func (o *Observer) closed(e upgrade.Closed) {
	role := roleOf(e.Conn)
	o.metrics.counters[role].Observe(e)
	o.mu.Lock()
	live := o.live[e.Conn]
	delete(o.live, e.Conn)
	o.mu.Unlock()
	ctx := live.context()
	end := endOf(e, live)
	o.metrics.active.Add(ctx, -1, metric.WithAttributeSet(role.set()))
	o.metrics.duration.Record(ctx, e.Duration.Seconds(), metric.WithAttributes(end.labels(role)...))
	if live != nil {
		end.finish(live.span, e)
	}
}

// typeOf names the error of a handler.
func typeOf(e upgrade.Failed) string {
	if e.Panic() != nil {
		return "panic"
	}
	return semconv.ErrorType(e.Err).Value.AsString()
}
