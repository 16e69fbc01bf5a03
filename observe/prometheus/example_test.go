package prometheus_test

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	wsprometheus "github.com/wsflow/wsflow/observe/prometheus"
	"github.com/wsflow/wsflow/upgrade"
)

func ExampleNewCollector() {
	metrics := wsprometheus.NewCollector(wsprometheus.Options{})
	prometheus.MustRegister(metrics)
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: metrics}}

	mux := http.NewServeMux()
	mux.Handle("GET /ws", ws.Handler(echo))
	mux.Handle("GET /metrics", promhttp.Handler()) // for Prometheus alone

	fmt.Println(metrics.Snapshot().Active)
	// Output: 0
}
