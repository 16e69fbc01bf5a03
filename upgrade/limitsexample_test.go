package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/wsflow/wsflow/upgrade"
)

// One handshake of a user every ten seconds.
func ExampleUpgrader_limits() {
	ws := &upgrade.Upgrader{
		MaxConnections:      10_000,
		HandshakeRatePerKey: upgrade.Rate{N: 1, Per: 10 * time.Second},
		Key:                 func(r *http.Request) string { return r.URL.Query().Get("user") },
	}
	server := httptest.NewServer(ws.Handler(echo))
	defer server.Close()
	var d upgrade.Dialer
	for _, user := range []string{"Ada", "Bob", "Ada"} {
		c, _, err := d.Dial(context.Background(), "ws"+server.URL[len("http"):]+"/?user="+user)
		if refused, ok := errors.AsType[*upgrade.RefusedError](err); ok {
			after, _ := refused.RetryAfter()
			fmt.Println(user, refused.Status, after)
			continue
		}
		fmt.Println(user, "is in")
		defer func() { _ = c.Close(1000, "") }()
	}
	// Output:
	// Ada is in
	// Bob is in
	// Ada 429 10s
}
