package upgrade_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/internal/wire"
)

// onBoth plays a handler behind net/http's server and behind ours, which differ in nothing that a test asks for.
func onBoth(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, c *caller)) {
	t.Helper()
	t.Run("net/http", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := wire.Listen()
			server := &http.Server{Handler: handler}
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			nc, err := l.DialContext(t.Context(), "", "")
			require.NoError(t, err)
			test(t, callerOf(t, nc))
			_ = nc.Close()
			require.NoError(t, server.Close())
			<-served
		})
	})
	t.Run("ours", func(t *testing.T) {
		onRaw(t, answering(handler), func(t *testing.T, s *rawServer) {
			c := s.call()
			test(t, c)
			_ = c.Close()
		})
	})
}

// What a handler sets after the status is not sent.
func TestRawServersHeaderIsThatOfWriteHeader(t *testing.T) {
	for name, begin := range map[string]func(w http.ResponseWriter){
		"status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) },
		"body":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, "no") },
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Early", "a")
				begin(w)
				w.Header().Set("X-Early", "b")
				w.Header().Set("X-Late", "c")
			}, func(t *testing.T, c *caller) {
				c.say("%s", opening("/"))
				resp, _ := c.hear()
				require.Equal(t, "a", resp.Header.Get("X-Early"))
				require.Empty(t, resp.Header.Get("X-Late"))
			})
		})
	}
}

// Whoever takes a connection over takes it without deadlines of a server's or a handler's.
func TestRawServersConnectionHasNoDeadlineOnceHijacked(t *testing.T) {
	onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		require.NoError(t, control.SetReadDeadline(time.Now().Add(time.Second)))
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.WriteHeader(http.StatusSwitchingProtocols)
		nc, rw, err := control.Hijack()
		require.NoError(t, err)
		defer nc.Close()
		line, err := rw.ReadString('\n')
		require.NoError(t, err)
		_, err = io.WriteString(nc, line)
		require.NoError(t, err)
	}, func(t *testing.T, c *caller) {
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
		require.Equal(t, []string{"Upgrade"}, resp.Header["Connection"], "the connection does not close")
		time.Sleep(time.Minute)
		c.say("raw\n")
		line, err := c.r.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "raw\n", line)
	})
}

func TestRawServersBodyIsAsLongAsTold(t *testing.T) {
	for _, length := range []string{"2", "two", "-1"} {
		t.Run(length, func(t *testing.T) {
			onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", length)
				n, err := io.WriteString(w, "ok")
				require.NoError(t, err)
				require.Equal(t, 2, n)
				if length != "2" {
					return
				}
				n, err = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n")
				require.ErrorIs(t, err, http.ErrContentLength)
				require.Zero(t, n)
			}, func(t *testing.T, c *caller) {
				c.say("%s", opening("/", "Connection: close\r\n"))
				resp, body := c.hear()
				require.Equal(t, "ok", body)
				require.NotContains(t, []string{"two", "-1"}, resp.Header.Get("Content-Length"))
				c.over()
			})
		})
	}
}

// RFC 9110, 8.6 and RFC 9112, 6.1: neither field may be in a response with status 1xx.
func TestRawServersInformationalResponsesAnnounceNoBody(t *testing.T) {
	onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2")
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "no")
	}, func(t *testing.T, c *caller) {
		c.say("%s", opening("/"))
		resp, err := http.ReadResponse(c.r, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusEarlyHints, resp.StatusCode)
		require.Equal(t, "</style.css>", resp.Header.Get("Link"))
		require.Empty(t, resp.Header.Get("Content-Length"))
	})
}

func TestRawServerWritesNothingWhereThereIsNoBody(t *testing.T) {
	onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		_, err := w.Write(nil)
		require.NoError(t, err)
	}, func(t *testing.T, c *caller) {
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
	})
}

// The deadline of a request's head is not one of the responses to it and to those that follow.
func TestRawServersDeadlineOfAHeadIsNoneOfAResponse(t *testing.T) {
	onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Minute)
		_, _ = io.WriteString(w, "late")
	}, func(t *testing.T, c *caller) {
		for range 2 {
			c.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
			_, body := c.hear()
			require.Equal(t, "late", body)
		}
	})
}

func TestRawServersResponseTakesWhatNetHTTPTakes(t *testing.T) {
	onBoth(t, func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		for _, err := range []error{
			control.EnableFullDuplex(), control.SetReadDeadline(time.Time{}), control.SetWriteDeadline(time.Time{}), control.Flush(),
		} {
			if err != nil {
				_, _ = io.WriteString(w, err.Error())
			}
		}
	}, func(t *testing.T, c *caller) {
		c.say("%s", opening("/", "Connection: close\r\n"))
		_, body := c.hear()
		require.Empty(t, body)
	})
}

// A handshake that takes its time does not keep ordinary connections alive.
func TestRawServersShutdownClosesIdleConnectionsAtOnce(t *testing.T) {
	onRaw(t, answering(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(time.Minute)
		}
	}), func(t *testing.T, s *rawServer) {
		slow, idle, busy := s.call(), s.call(), s.call()
		slow.say("%s", opening("/slow"))
		idle.say("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
		idle.hear()
		busy.say("GET /slow HTTP/1.1\r\nHost: example.com\r\n\r\n")
		synctest.Wait()
		begun := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- s.Shutdown(t.Context()) }()
		idle.over()
		require.Zero(t, time.Since(begun))
		resp, _ := busy.hear()
		require.True(t, resp.Close)
		resp, _ = slow.hear()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		_ = slow.Close()
		require.NoError(t, <-ended)
	})
}
