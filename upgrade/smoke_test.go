package upgrade_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

func greeter(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.MapConcat(in, func(m message.Message) []message.Message {
		if m.IsBinary() {
			return nil
		}
		if m.IsStrict() {
			return []message.Message{message.Text("Hello " + m.Text() + "!")}
		}
		return []message.Message{message.TextStream(flow.Concat(flow.Of("Hello "), m.TextChunks(), flow.Of("!")))}
	})
}

func TestSmoke(t *testing.T) {
	for _, streaming := range []bool{false, true} {
		for _, tls := range []bool{false, true} {
			t.Run(fmt.Sprint(streaming, tls), func(t *testing.T) {
				var ws upgrade.Upgrader
				ws.Streaming = streaming
				mux := http.NewServeMux()
				done := make(chan error, 10)
				mux.HandleFunc("GET /greeter", func(w http.ResponseWriter, r *http.Request) { done <- ws.Serve(w, r, greeter) })
				srv := httptest.NewUnstartedServer(mux)
				var d upgrade.Dialer
				if tls {
					srv.StartTLS()
					d.TLS = srv.Client().Transport.(*http.Transport).TLSClientConfig
				} else {
					srv.Start()
				}
				defer srv.Close()
				ctx := context.Background()
				url := strings.Replace(srv.URL, "http", "ws", 1) + "/greeter"
				c, resp, err := d.Dial(ctx, url)
				require.NoError(t, err)
				require.Equal(t, 101, resp.StatusCode)
				got := make(chan message.Message, 10)
				end := make(chan error, 1)
				go func() {
					end <- c.Source().Run(ctx, func(m message.Message) error { got <- m; return nil })
				}()
				require.NoError(t, c.Send(ctx, message.Text("Peter")))
				require.Equal(t, "Hello Peter!", (<-got).Text())
				require.NoError(t, c.Send(ctx, message.Binary([]byte("abc"))))
				require.NoError(t, c.Send(ctx, message.TextStream(flow.Of("Pe", "ter ", strings.Repeat("x", 100000)))))
				require.Equal(t, "Hello Peter "+strings.Repeat("x", 100000)+"!", (<-got).Text())
				rtt, err := c.Ping(ctx)
				require.NoError(t, err)
				t.Log("rtt", rtt)
				start := time.Now()
				require.NoError(t, c.Close(1000, "bye"))
				t.Log("close took", time.Since(start))
				require.NoError(t, <-end)
				require.NoError(t, <-done)
			})
		}
	}
}
