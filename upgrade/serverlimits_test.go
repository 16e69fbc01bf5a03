package upgrade_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/upgrade"
)

func TestRawServerCutsSlowRequests(t *testing.T) {
	whole := opening("/", "X-Long: "+strings.Repeat("x", 1000)+"\r\n")
	for _, test := range []struct{ name, text string }{
		{"nothing", ""},
		{"an opening handshake", whole},
		{"one that is malformed at once", "\n" + whole},
		{"one that is malformed soon", "GET / HTTP/1.1\n\n" + whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			onRaw(t, answering(http.NotFound), func(t *testing.T, s *rawServer) {
				c := s.call()
				begun := time.Now()
				go func() {
					for i := range test.text {
						if _, err := c.Write([]byte{test.text[i]}); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				}()
				_, err := io.ReadAll(c)
				require.NoError(t, err)
				require.LessOrEqual(t, time.Since(begun), 10*time.Second+500*time.Millisecond)
				if !strings.HasPrefix(test.name, "one") {
					require.Equal(t, 10*time.Second, time.Since(begun))
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// Time that runs already goes on when net/http takes over.
func TestRawServersDeadlineHoldsForWhatIsHandedOver(t *testing.T) {
	onRaw(t, answering(http.NotFound), func(t *testing.T, s *rawServer) {
		c := s.call()
		time.Sleep(9 * time.Second)
		c.say("GET / HTTP/1.1\nHost: example.com\n")
		c.say("X: y\r\n\n")
		resp, _ := c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode, "net/http takes a bare LF")
		c.say("GET / HTTP/1.1\r\n")
		time.Sleep(9 * time.Second)
		c.say("Host: example.com\r\n\r\n")
		resp, _ = c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode, "later requests have time of their own")

		begun := time.Now()
		slow := s.call()
		time.Sleep(9 * time.Second)
		slow.say("\nG")
		_, err := io.ReadAll(slow)
		require.NoError(t, err)
		require.LessOrEqual(t, time.Since(begun), 10*time.Second)
	})
}

func TestRawServersDeadlineEndsWithTheRequest(t *testing.T) {
	var ws upgrade.Upgrader
	onRaw(t, answering(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Minute) // the handler takes its time
		ws.Handler(echo).ServeHTTP(w, r)
	}), func(t *testing.T, s *rawServer) {
		c := s.call()
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		time.Sleep(20 * time.Second)
		c.say("%s", frames("late"))
		c.echoed("late")
	})
}

func TestRawServerLimitsTheHead(t *testing.T) {
	fields := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "X-%d: 1\r\n", i)
		}
		return b.String()
	}
	var ws upgrade.Upgrader
	upgrader := ws.Handler(echo)
	for _, test := range []struct {
		name   string
		server *upgrade.Server
		text   string
		status int
	}{
		{"as many fields as may be", &upgrade.Server{MaxHeaderFields: 10}, opening("/", fields(6)), 101},
		{"a field more", &upgrade.Server{MaxHeaderFields: 10}, opening("/", fields(7)), 431},
		{"a field more, of an ordinary request", &upgrade.Server{MaxHeaderFields: 10}, "GET / HTTP/1.1\r\nHost: example.com\r\n" + fields(11) + "\r\n", 431},
		{"as many fields as a head may have", &upgrade.Server{}, opening("/", fields(251)), 101},
		{"3000 fields", &upgrade.Server{}, opening("/", fields(3000)), 431},
		{"as many bytes as may be", &upgrade.Server{MaxHeaderBytes: 1000}, pad(1000), 101},
		{"a byte more", &upgrade.Server{MaxHeaderBytes: 1000}, pad(1001), 431},
		{"64 KiB", &upgrade.Server{}, pad(64 << 10), 101},
		{"2 MB", &upgrade.Server{}, pad(2_000_000), 431},
		{"a head without end", &upgrade.Server{}, "GET / HTTP/1.1\r\n" + fields(100_000), 431},
		{"a line without end", &upgrade.Server{}, strings.Repeat("x", 1<<20), 431},
	} {
		for name, cut := range map[string]wire.Chunking{"whole": wire.Whole, "byte by byte": wire.ByteByByte, "at random": wire.Random(1)} {
			t.Run(test.name+", "+name, func(t *testing.T) {
				server := &upgrade.Server{MaxHeaderBytes: test.server.MaxHeaderBytes, MaxHeaderFields: test.server.MaxHeaderFields, Handler: upgrader}
				onRaw(t, server, func(t *testing.T, s *rawServer) {
					s.l.Options.ServerReads = cut
					c := s.call()
					go func() { _, _ = io.WriteString(c, test.text) }()
					resp, _ := c.hear()
					require.Equal(t, test.status, resp.StatusCode)
					if test.status == 431 {
						require.True(t, resp.Close)
						c.over()
					}
				})
			})
		}
	}
}

// pad is an opening handshake of so many bytes.
func pad(n int) string {
	return opening("/", "X: "+strings.Repeat("x", n-len(opening("/", "X: \r\n")))+"\r\n")
}

func TestRawServerLimitsTheFieldsOfLaterRequestsToo(t *testing.T) {
	onRaw(t, &upgrade.Server{Handler: http.NotFoundHandler(), MaxHeaderFields: 3}, func(t *testing.T, s *rawServer) {
		c := s.call()
		c.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		resp, _ := c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		c.say("%s", opening("/"))
		resp, _ = c.hear()
		require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, resp.StatusCode)
		c.over()
	})
}

func TestRawServerShutsDownInGoodOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var ws upgrade.Upgrader
		mux := http.NewServeMux()
		mux.Handle("/ws", ws.Handler(echo))
		mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
			<-release
			_, _ = io.WriteString(w, "done")
		})
		s := newRaw(t, &upgrade.Server{Handler: mux})
		hooked := make(chan struct{})
		s.RegisterOnShutdown(func() {
			defer close(hooked)
			_ = ws.Shutdown(context.Background())
		})
		silent, half, open, slow, ordinary, idle := s.call(), s.call(), s.call(), s.call(), s.call(), s.call()
		half.say("GET /")
		open.say("%s", opening("/ws"))
		_, _ = open.hear()
		slow.say("%s", opening("/slow"))
		ordinary.say("GET /slow HTTP/1.1\r\nHost: example.com\r\n\r\n")
		idle.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		_, _ = idle.hear()
		synctest.Wait()

		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		require.Empty(t, ended)
		require.ErrorIs(t, <-s.served, http.ErrServerClosed)
		_, err := s.l.DialContext(t.Context(), "", "")
		require.Error(t, err)
		silent.over()
		half.over()
		close(release)
		for _, c := range []*caller{slow, ordinary} {
			resp, body := c.hear()
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, "done", body)
			c.over()
		}
		idle.over()
		require.NoError(t, <-ended)
		goodbye := make([]byte, 4)
		_, err = io.ReadFull(open.r, goodbye)
		require.NoError(t, err)
		require.Equal(t, "\x88\x13\x03\xe9", string(goodbye), "1001")
		require.NoError(t, open.Close())
		<-hooked
		require.NoError(t, s.Shutdown(t.Context()), "again")
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.Serve(wire.Listen()), http.ErrServerClosed)
		require.ErrorIs(t, s.ListenAndServe(), http.ErrServerClosed)
	})
}

func TestRawServersShutdownObeysItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newRaw(t, answering(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		ours, theirs := s.call(), s.call()
		ours.say("%s", opening("/"))
		theirs.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		synctest.Wait()
		ctx, cancel := contextOf(t, 3*time.Second)
		defer cancel()
		begun := time.Now()
		require.ErrorIs(t, s.Shutdown(ctx), ctx.Err())
		require.Equal(t, 3*time.Second, time.Since(begun))
		s.end() // cuts both, and their handlers are told
		ours.over()
		theirs.over()
	})
}
