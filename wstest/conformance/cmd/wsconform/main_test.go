package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

func echo(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Map(in, func(m message.Message) message.Message { return m })
}

func TestServerIsTestedAndReported(t *testing.T) {
	var ws upgrade.Upgrader
	s := httptest.NewTLSServer(ws.Handler(echo))
	defer s.Close()
	dir := t.TempDir()
	page, data, all := filepath.Join(dir, "page.html"), filepath.Join(dir, "data.json"), filepath.Join(dir, "all.html")
	var out strings.Builder
	url := "wss" + strings.TrimPrefix(s.URL, "https") + "/"
	passed, err := run(t.Context(), []string{"-url", url, "-insecure", "-agent", "ours", "-cases", "1.1,5.3", "-parallel", "2", "-html", page, "-json", data, "-v"}, &out)
	require.NoError(t, err)
	require.True(t, passed)
	require.Contains(t, out.String(), "ours: 16 cases, 16 passed\n")
	require.Contains(t, out.String(), "5.3 a text in two fragments")
	require.FileExists(t, page)

	passed, err = run(t.Context(), []string{"-html", all, data, data}, &out)
	require.NoError(t, err)
	require.True(t, passed)
	text, err := os.ReadFile(all)
	require.NoError(t, err)
	require.Equal(t, 2*16, strings.Count(string(text), "ours: <span"))
}

func TestServerThatFailsIsTold(t *testing.T) {
	var ws upgrade.Upgrader
	s := httptest.NewServer(ws.Handler(func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.Map(in, func(message.Message) message.Message { return message.Text("something else") })
	}))
	defer s.Close()
	var out strings.Builder
	passed, err := run(t.Context(), []string{"-url", "ws" + strings.TrimPrefix(s.URL, "http"), "-cases", "1.1.1"}, &out)
	require.NoError(t, err)
	require.False(t, passed)
	require.Contains(t, out.String(), "FAILED: ")
}

func TestWhatCannotBePlayedIsAnError(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	_, err := run(t.Context(), []string{"-url", url}, new(strings.Builder))
	require.ErrorContains(t, err, "404 Not Found")
	s.Close()
	_, err = run(t.Context(), []string{"-url", url}, new(strings.Builder))
	require.ErrorContains(t, err, "refused")
	for _, flags := range [][]string{{"-url", url}, {"-listen", "localhost:0"}} {
		_, err = run(t.Context(), append(flags, "-cases", "5.3,99"), new(strings.Builder))
		require.ErrorContains(t, err, "no case matches 99")
	}
}

func TestCompressionIsExpectedIfAskedFor(t *testing.T) {
	for _, settings := range []*deflate.Settings{nil, {}, {Threshold: -1}} {
		ws := upgrade.Upgrader{Settings: upgrade.Settings{Compression: settings}}
		s := httptest.NewServer(ws.Handler(echo))
		defer s.Close()
		data := filepath.Join(t.TempDir(), "data.json")
		for _, expected := range []bool{false, true} {
			var out strings.Builder
			passed, err := run(t.Context(), []string{
				"-url", "ws" + strings.TrimPrefix(s.URL, "http"), "-agent", "ours", "-cases", "12.6.1,1.1.1", "-json", data,
				fmt.Sprintf("-compression=%t", expected),
			}, &out)
			require.NoError(t, err)
			text, err := os.ReadFile(data)
			require.NoError(t, err)
			switch {
			case settings != nil:
				require.True(t, passed)
				sums := "ours: 2 cases, 2 passed\n"
				if settings.Threshold == 0 { // by default, what is short is not worth it
					sums = "ours: 2 cases, 2 passed, 1 with an agreement in which the endpoint compressed nothing\n"
				}
				require.Contains(t, out.String(), sums)
				require.Contains(t, string(text), `"agreed": "permessage-deflate; server_no_context_takeover; client_no_context_takeover"`)
			case expected:
				require.False(t, passed)
				require.Contains(t, out.String(), "FAILED: expected an agreement on permessage-deflate: the server declines")
				require.Contains(t, out.String(), "ours: 2 cases, 1 passed\n")
			default:
				require.True(t, passed)
				require.Contains(t, out.String(), "ours: 2 cases, 1 passed, 1 without an agreement on compression\n")
				require.Contains(t, string(text), `"none": "the server declines"`)
			}
		}
	}
}

// A listening is output that tells where the command listens.
type listening struct {
	mu    sync.Mutex
	text  strings.Builder
	where chan string
}

func (l *listening) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	if at := regexp.MustCompile(`ws://\S+`).FindString(string(b)); at != "" {
		l.where <- at
	}
	return len(b), nil
}

func TestClientsAreTestedAndReported(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	data := filepath.Join(t.TempDir(), "data.json")
	out := &listening{where: make(chan string, 1)}
	var passed bool
	var err error
	var serving sync.WaitGroup
	serving.Go(func() {
		passed, err = run(ctx, []string{"-listen", "127.0.0.1:0", "-cases", "5.3,5.4", "-json", data}, out)
	})
	at := <-out.where
	for _, path := range []string{"/runCase?case=1&agent=me", "/runCase?case=2&agent=me", "/updateReports?agent=me"} {
		c, _, err := new(upgrade.Dialer).Dial(t.Context(), at+path)
		require.NoError(t, err)
		require.NoError(t, c.Run(t.Context(), echo))
	}
	cancel()
	serving.Wait()
	require.NoError(t, err)
	require.True(t, passed)
	require.Contains(t, out.text.String(), "me: 2 cases, 2 passed")
	require.FileExists(t, data)
}

func TestCommandNeedsSomethingToDo(t *testing.T) {
	for _, args := range [][]string{{}, {"-url", "ws://x", "-listen", ":1"}, {"-listen", ":1", "file"}} {
		_, err := run(t.Context(), args, new(strings.Builder))
		require.Error(t, err, fmt.Sprint(args))
	}
}
