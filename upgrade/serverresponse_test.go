package upgrade_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
)

// answering serves every request with f.
func answering(f func(w http.ResponseWriter, r *http.Request)) *upgrade.Server {
	return &upgrade.Server{Handler: http.HandlerFunc(f)}
}

var large = strings.Repeat("large ", 100_000)

// refusals are what handlers may write in place of a handshake, and what a client gets.
var refusals = []struct {
	name    string
	handler func(w http.ResponseWriter, r *http.Request)
	status  int
	length  int64
	body    string
	header  http.Header
}{
	{"nothing", func(http.ResponseWriter, *http.Request) {}, 200, 0, "", nil},
	{"an error", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusForbidden)
	}, 403, 3, "no\n", http.Header{"Content-Type": {"text/plain; charset=utf-8"}}},
	{"a body without a status", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>")
	}, 200, 6, "<html>", http.Header{"Content-Type": {"text/html; charset=utf-8"}}},
	{"no content", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(204)
		if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	}, 204, 0, "", nil},
	{"a status without a name", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) }, 599, 0, "", nil},
	{"a second status", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		w.WriteHeader(200)
	}, 404, 0, "", nil},
	{"a large body", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, large[:10])
		_, _ = io.WriteString(w, large[10:])
	}, 200, -1, large, nil},
	{"a body whose length is told", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "600000")
		_, _ = io.WriteString(w, large)
	}, 200, 600000, large, nil},
	{"a flushed body", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "b")
	}, 200, -1, "ab", nil},
	{"fields", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("X-Smuggled", "a\r\nX-Other: b")
		w.Header()["Bad name"] = []string{"c"}
		w.Header().Set("Transfer-Encoding", "chunked")
		w.WriteHeader(426)
	}, 426, 0, "", http.Header{"Upgrade": {"websocket"}, "X-Smuggled": {"a  X-Other: b"}, "X-Other": nil, "Transfer-Encoding": nil, "Bad Name": nil}},
}

func TestRawServerAnswersARefusedHandshake(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			onRaw(t, answering(test.handler), func(t *testing.T, s *rawServer) {
				c := s.call()
				c.say("%s", opening("/")+frames("glued"))
				resp, body := c.hear()
				require.Equal(t, test.status, resp.StatusCode)
				require.Equal(t, test.length, resp.ContentLength)
				require.Equal(t, test.body, body)
				require.True(t, resp.Close)
				require.Equal(t, time.Now().UTC().Format(http.TimeFormat), resp.Header.Get("Date"))
				for name, values := range test.header {
					require.Equal(t, values, resp.Header[name])
				}
				c.over()
			})
		})
	}
}

func TestRawServerSendsInformationalResponsesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		s := newRaw(t, answering(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			<-goOn
			w.WriteHeader(http.StatusForbidden)
		}))
		c := s.call()
		c.say("%s", opening("/"))
		resp, _ := c.hear()
		require.Equal(t, http.StatusEarlyHints, resp.StatusCode)
		require.Equal(t, "</style.css>", resp.Header.Get("Link"))
		close(goOn)
		resp, _ = c.hear()
		require.Equal(t, http.StatusForbidden, resp.StatusCode)
		s.end()
	})
}

func TestRawServerSurvivesItsHandlers(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request)
		log     string
	}{
		{"a panic", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("oh no")
		}, "oh no"},
		{"an abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ""},
		{"a goroutine that is left", func(http.ResponseWriter, *http.Request) { runtime.Goexit() }, ""},
		{"a status that is none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(42) }, "invalid status 42"},
	} {
		t.Run(test.name, func(t *testing.T) {
			onRaw(t, answering(test.handler), func(t *testing.T, s *rawServer) {
				c := s.call()
				c.say("%s", opening("/"))
				c.over()
				if test.log == "" {
					require.Empty(t, s.log.String())
					return
				}
				require.Contains(t, s.log.String(), test.log)
				require.Contains(t, s.log.String(), "serverresponse_test.go", "the stack")
			})
		})
	}
}

// A client that writes on is not reset before it has read why it is refused, and not read from for ever.
func TestRawServerLetsARefusalBeRead(t *testing.T) {
	onRaw(t, answering(http.NotFound), func(t *testing.T, s *rawServer) {
		c := s.call()
		begun := time.Now()
		c.say("%s", opening("/"))
		go func() {
			for {
				if _, err := c.Write(make([]byte, 4096)); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		synctest.Wait()
		resp, _ := c.hear()
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		c.over()
		time.Sleep(time.Second)
		_, err := c.Write([]byte("x"))
		require.Error(t, err)
		require.Less(t, time.Since(begun), 2*time.Second)
	})
}

func TestRawServerCutsWhoDoesNotReadARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan error, 1)
		s := newRaw(t, answering(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 1<<20))
			failed <- err
		}))
		c := s.call()
		begun := time.Now()
		c.say("%s", opening("/"))
		require.Error(t, <-failed)
		require.Equal(t, 10*time.Second, time.Since(begun))
		s.end()
	})
}

// Middleware may own the ResponseWriter, with or without an interest in hijacking.
type (
	unwrapping struct{ http.ResponseWriter }
	hijacking  struct {
		unwrapping
		hijacked *int
	}
)

func (w unwrapping) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w hijacking) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	*w.hijacked++
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

func TestRawServerIsHijackedThroughMiddleware(t *testing.T) {
	var ws upgrade.Upgrader
	hijacked := 0
	for name, wrap := range map[string]func(w http.ResponseWriter) http.ResponseWriter{
		"unwrapped": func(w http.ResponseWriter) http.ResponseWriter { return unwrapping{unwrapping{w}} },
		"hijacked": func(w http.ResponseWriter) http.ResponseWriter {
			return unwrapping{hijacking{unwrapping{w}, &hijacked}}
		},
	} {
		server := answering(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			ws.Handler(echo).ServeHTTP(wrap(w), r)
		})
		onRaw(t, server, func(t *testing.T, s *rawServer) {
			c := s.call()
			c.say("%s", opening("/")+frames("glued"))
			resp, _ := c.hear()
			require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode, name)
			require.Equal(t, "a=b", resp.Header.Get("Set-Cookie"))
			c.echoed("glued")
		})
	}
	require.Equal(t, 1, hijacked)
}

func TestRawServerForgetsWhatIsHijacked(t *testing.T) {
	large := strings.Repeat("glued", 3000) // more than a buffer of bufio
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ahead := make(chan string, 1)
		s := newRaw(t, answering(func(w http.ResponseWriter, _ *http.Request) {
			nc, rw, err := http.NewResponseController(w).Hijack()
			require.NoError(t, err)
			defer nc.Close()
			_, err = w.Write([]byte("lost"))
			require.ErrorIs(t, err, http.ErrHijacked)
			_, _, err = http.NewResponseController(w).Hijack()
			require.ErrorIs(t, err, http.ErrHijacked)
			<-release
			b, err := io.ReadAll(io.LimitReader(rw, int64(len(large))))
			require.NoError(t, err)
			ahead <- string(b)
			_, err = rw.WriteString("raw")
			require.NoError(t, err)
			require.NoError(t, rw.Flush())
		}))
		c := s.call()
		c.say("%s", opening("/")+large)
		synctest.Wait()
		require.NoError(t, s.Shutdown(t.Context())) // does not wait for it
		close(release)
		require.Equal(t, large, <-ahead)
		raw, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, "raw", string(raw))
		s.end()
	})
}

func TestRawServerTellsAHandlerThatItsClientIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan error, 1)
		s := newRaw(t, answering(func(_ http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Hour) // as middleware does
			defer cancel()
			<-ctx.Done()
			told <- r.Context().Err()
		}))
		c := s.call()
		c.say("%s", opening("/"))
		synctest.Wait()
		require.Empty(t, told)
		require.NoError(t, c.Close())
		require.ErrorIs(t, <-told, context.Canceled)
		s.end()
	})
}

func TestRawServerLosesNothingByLookingForItsClientsEnd(t *testing.T) {
	var ws upgrade.Upgrader
	for _, glued := range []string{"", frames("glued")} {
		synctest.Test(t, func(t *testing.T) {
			s := newRaw(t, answering(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
					t.Error("the client is there")
				case <-time.After(time.Second):
				}
				ws.Handler(echo).ServeHTTP(w, r)
			}))
			for _, early := range []string{"", frames("early")} {
				c := s.call()
				c.say("%s", opening("/")+glued)
				synctest.Wait()
				c.say("%s", early)
				resp, _ := c.hear()
				require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
				if glued != "" {
					c.echoed("glued")
				}
				if early != "" {
					c.echoed("early")
				}
				c.say("%s", frames("late"))
				c.echoed("late")
				require.NoError(t, c.Close())
			}
			s.end()
		})
	}
}
