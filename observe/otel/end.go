package otel

import (
	"math"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/upgrade"
)

// privateCodes begin here: what those mean is known to the program alone (RFC 6455, 7.4.2).
const privateCodes = 3000

// An end is how a connection ended.
type end struct {
	cause     upgrade.CloseError
	clean     bool
	errorType string // or ""
}

// endOf judges the end of a connection; live may be nil.
func endOf(e upgrade.Closed, live *connection) end {
	of := end{clean: e.Clean}
	if e.Cause != nil {
		of.cause = *e.Cause
	}
	if live != nil {
		live.mu.Lock()
		of.errorType = live.errorType
		live.mu.Unlock()
	}
	if of.errorType == "" && !of.clean && of.cause.Code < privateCodes {
		of.errorType = strconv.Itoa(int(of.cause.Code))
	}
	return of
}

// labels are the attributes of its metric, which have few values.
func (d end) labels(r role) []attribute.KeyValue {
	all := []attribute.KeyValue{r.attribute(), codeKey.String(observe.CodeLabel(d.cause.Code)), cleanKey.Bool(d.clean)}
	if d.errorType != "" {
		all = append(all, semconv.ErrorTypeKey.String(d.errorType))
	}
	return all
}

// finish ends the span.
func (d end) finish(span trace.Span, e upgrade.Closed) {
	if span.IsRecording() {
		span.SetAttributes(
			codeKey.Int(int(d.cause.Code)), cleanKey.Bool(d.clean), fromPeerKey.Bool(d.cause.FromPeer),
			messagesInKey.Int64(signed(e.Traffic.MessagesIn)), messagesOutKey.Int64(signed(e.Traffic.MessagesOut)),
		)
		if d.cause.Reason != "" {
			span.SetAttributes(reasonKey.String(d.cause.Reason))
		}
		if limit := e.Limit(); limit != "" {
			span.SetAttributes(limitKey.String(string(limit)))
		}
		if d.errorType != "" {
			span.SetAttributes(semconv.ErrorTypeKey.String(d.errorType))
			span.SetStatus(codes.Error, utf8Only(d.cause.Error()))
		}
	}
	span.End()
}

// signed is a count as OpenTelemetry has it.
func signed(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
