// Package prometheus exports what happens to WebSocket connections as metrics of Prometheus.
//
//	metrics := wsprometheus.NewCollector(wsprometheus.Options{})
//	prometheus.MustRegister(metrics)
//	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: metrics}}
//
// It is a module of its own, so that only those who use Prometheus depend on its client. The metrics:
//
//	wsflow_connections_active            gauge      connections
//	wsflow_connections_opened_total      counter    connections, served and dialed
//	wsflow_closed_total                  counter    connections, by code and clean ("true" or "false")
//	wsflow_closed_for_limit_total        counter    connections that were over a limit, by limit
//	wsflow_refused_total                 counter    requests, by status and limit ("" if it was for none)
//	wsflow_dial_failures_total           counter    calls of Dial
//	wsflow_handler_failures_total        counter    handlers that failed with an error
//	wsflow_panics_total                  counter    handlers that panicked
//	wsflow_messages_total                counter    messages, by direction ("in" or "out")
//	wsflow_bytes_total                   counter    bytes of frames, headers included, by direction
//	wsflow_control_frames_in_total       counter    pings, pongs and close frames of peers
//	wsflow_round_trip_seconds            histogram  answers to pings
//	wsflow_connection_duration_seconds   histogram  connections that are over
//	wsflow_draining                      gauge      1 while Upgrader.Shutdown is under way
//
// What live connections have sent and received is in the counters at every scrape, and none goes down when a connection
// ends. No label has a value that a peer can choose: codes are those of [observe.CodeLabel], statuses and limits those of
// the program.
package prometheus

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/upgrade"
)

// Options are what a [Collector] is made with. The zero value is right for most.
type Options struct {
	// Namespace begins the names of the metrics. Default "wsflow".
	Namespace string

	// ConstLabels are on all metrics. They tell several collectors of one program apart, such as one of an Upgrader and one of a
	// Dialer.
	ConstLabels prometheus.Labels

	// RoundTripBuckets are the upper bounds for round trips, in seconds. Default: 1 ms to some 16 s, doubling.
	RoundTripBuckets []float64

	// DurationBuckets are the upper bounds for the durations of connections, in seconds. Default: 1 s to some 3 days, four times
	// each.
	DurationBuckets []float64
}

// A Collector is an [upgrade.Observer], of one Upgrader or Dialer or of several, and a [prometheus.Collector] of what it was told.
// Its methods may be called from any goroutine.
type Collector struct {
	counters  observe.Counters
	roundTrip prometheus.Histogram
	duration  prometheus.Histogram

	active, opened, closed, closedForLimit, refused, dialFailures, handlerFailures, panics, messages, bytes, control, draining *prometheus.Desc
}

// NewCollector returns a collector.
func NewCollector(o Options) *Collector {
	if o.Namespace == "" {
		o.Namespace = "wsflow"
	}
	if o.RoundTripBuckets == nil {
		o.RoundTripBuckets = prometheus.ExponentialBuckets(0.001, 2, 15)
	}
	if o.DurationBuckets == nil {
		o.DurationBuckets = prometheus.ExponentialBuckets(1, 4, 10)
	}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(o.Namespace, "", name), help, labels, o.ConstLabels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: o.Namespace, Name: name, Help: help, ConstLabels: o.ConstLabels, Buckets: buckets,
		})
	}
	return &Collector{
		roundTrip: histogram("round_trip_seconds", "Time until pings were answered.", o.RoundTripBuckets),
		duration:  histogram("connection_duration_seconds", "How long the WebSocket connections lasted that are over.", o.DurationBuckets),

		active:          desc("connections_active", "WebSocket connections that there are."),
		opened:          desc("connections_opened_total", "WebSocket connections that there have been."),
		closed:          desc("closed_total", "WebSocket connections that are over, by close code.", "code", "clean"),
		closedForLimit:  desc("closed_for_limit_total", "WebSocket connections that were closed for a limit.", "limit"),
		refused:         desc("refused_total", "Requests that became no WebSocket connection, by the status of the response.", "status", "limit"),
		dialFailures:    desc("dial_failures_total", "Dials that made no WebSocket connection."),
		handlerFailures: desc("handler_failures_total", "Handlers of WebSocket connections that failed with an error."),
		panics:          desc("panics_total", "Handlers of WebSocket connections that panicked."),
		messages:        desc("messages_total", "WebSocket messages.", "direction"),
		bytes:           desc("bytes_total", "Bytes of WebSocket frames, with their headers.", "direction"),
		control:         desc("control_frames_in_total", "Pings, pongs and close frames that came in."),
		draining:        desc("draining", "1 while the server drains its WebSocket connections."),
	}
}

// Observe takes note of an event.
func (c *Collector) Observe(e upgrade.Event) {
	c.counters.Observe(e)
	switch e := e.(type) {
	case upgrade.RoundTrip:
		c.roundTrip.Observe(e.Time.Seconds())
	case upgrade.Closed:
		c.duration.Observe(e.Duration.Seconds())
	}
}

// Describe sends what the metrics are called.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.active, c.opened, c.closed, c.closedForLimit, c.refused, c.dialFailures, c.handlerFailures, c.panics, c.messages, c.bytes,
		c.control, c.draining,
	} {
		to <- d
	}
	c.roundTrip.Describe(to)
	c.duration.Describe(to)
}

// Collect sends the metrics.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	now := c.counters.Snapshot()
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, n float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n)
	}
	gauge(c.active, float64(now.Active))
	count(c.opened, now.Opened)
	c.collectClosed(now, count)
	for r, n := range now.Refused {
		count(c.refused, n, strconv.Itoa(r.Status), string(r.Limit))
	}
	count(c.dialFailures, now.DialFailed)
	count(c.handlerFailures, now.Failed)
	count(c.panics, now.Panicked)
	count(c.messages, now.Traffic.MessagesIn, "in")
	count(c.messages, now.Traffic.MessagesOut, "out")
	count(c.bytes, now.Traffic.BytesIn, "in")
	count(c.bytes, now.Traffic.BytesOut, "out")
	count(c.control, now.Traffic.ControlIn)
	if now.Draining {
		gauge(c.draining, 1)
	} else {
		gauge(c.draining, 0)
	}
	c.roundTrip.Collect(to)
	c.duration.Collect(to)
}

// collectClosed adds up endings that differ in what is no label.
func (c *Collector) collectClosed(now observe.Snapshot, count func(d *prometheus.Desc, n uint64, labels ...string)) {
	closed, limits := make(map[observe.Ending]uint64), make(map[upgrade.Limit]uint64)
	for e, n := range now.Closed {
		closed[observe.Ending{Code: e.Code, Clean: e.Clean}] += n
		if e.Limit != "" {
			limits[e.Limit] += n
		}
	}
	for e, n := range closed {
		count(c.closed, n, e.Code, strconv.FormatBool(e.Clean))
	}
	for limit, n := range limits {
		count(c.closedForLimit, n, string(limit))
	}
}

// Snapshot returns the counts that the metrics are made of.
func (c *Collector) Snapshot() observe.Snapshot { return c.counters.Snapshot() }
