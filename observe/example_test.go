package observe_test

import (
	"context"
	"expvar"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/upgrade"
)

func ExampleCounters() {
	counters := new(observe.Counters)
	expvar.Publish("websocket", counters) // once in a program
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Observer: observe.All(observe.Log(nil), counters)}}
	http.Handle("/ws", ws.Handler(echo))

	fmt.Println(counters.Snapshot().Active)
	// Output: 0
}

func ExampleLog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{} // for the example's sake
			}
			return a
		},
	}))
	ws := &upgrade.Upgrader{Settings: upgrade.Settings{Logger: logger, Observer: observe.Log(logger)}}
	page := ws.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
		return nil, upgrade.Reject(http.StatusForbidden, "members only")
	})
	r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "/room?token=secret", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		r.Header.Set(name, value)
	}
	r.Host, r.RequestURI, r.RemoteAddr = "example.com", "/room?token=secret", "192.0.2.1:1234"
	page.ServeHTTP(nowhere{}, r)
	// Output:
	// level=INFO msg="websocket refused" event=refused remote=192.0.2.1:1234 path=/room status=403 reason="members only"
}

// nowhere is where the answer goes.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
