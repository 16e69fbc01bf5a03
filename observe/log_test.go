package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/observe"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/routing"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A journal is what was logged, a record a line.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (j *journal) records(t *testing.T) []map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(j.text.String()) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		all = append(all, record)
	}
	return all
}

// of returns the record of an event, of which there is one.
func (j *journal) of(t *testing.T, event string) map[string]any {
	t.Helper()
	var found []map[string]any
	for _, record := range j.records(t) {
		if record["event"] == event {
			found = append(found, record)
		}
	}
	require.Len(t, found, 1, event)
	return found[0]
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func TestConnectionIsLoggedWhenItOpensAndWhenItCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := new(journal)
		u := with(observe.Log(j.logger()), j.logger())
		u.Subprotocols = []string{"chat"}
		server := wstest.NewServer(t, u.Handler(echo))
		d := server.Dialer()
		d.Subprotocols = []string{"chat"}
		c, _, err := d.Dial(t.Context(), server.URL("/room?token=secret"))
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		require.Error(t, c.Close(4001, "enough")) // which is no clean one
		synctest.Wait()

		opened, closed := j.of(t, "opened"), j.of(t, "closed")
		require.Equal(t, "DEBUG", opened["level"])
		require.Equal(t, c.LocalAddr().String(), opened["remote"])
		require.Equal(t, "INFO", closed["level"])
		for _, key := range []string{"conn", "remote", "path", "subprotocol"} {
			require.NotEmpty(t, opened[key], key)
			require.Equal(t, opened[key], closed[key])
		}
		for _, key := range []string{"time", "conn", "remote"} {
			delete(closed, key)
		}
		require.Equal(t, map[string]any{
			"level": "INFO", "msg": "websocket closed", "event": "closed", "path": "/room", "subprotocol": "chat",
			"code": 4001., "reason": "enough", "from_peer": true, "clean": false, "duration": 3e9,
			"messages_in": 0., "messages_out": 0., "bytes_in": 2. + 4 + 2 + 6, "bytes_out": 2. + 2 + 6,
		}, closed)
		require.Len(t, j.records(t), 2)
	})
}

func TestLevelSaysWhoIsToBlame(t *testing.T) {
	over := &upgrade.LimitError{Limit: upgrade.LimitMessageRate}
	for name, tc := range map[string]struct {
		f     func() error
		code  upgrade.CloseCode
		level string
	}{
		"a limit":       {func() error { return &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Err: over} }, 1008, "WARN"},
		"a failure":     {func() error { return errors.New("boom") }, 1011, "WARN"},
		"a policy":      {func() error { return &upgrade.CloseError{Code: protocol.ClosePolicyViolation} }, 1008, "INFO"},
		"a clean close": {func() error { return &upgrade.CloseError{Code: protocol.CloseGoingAway} }, 1001, "DEBUG"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := new(journal)
				fail(t, with(observe.Log(j.logger()), nil), tc.f, tc.code)
				synctest.Wait()
				closed := j.of(t, "closed")
				require.Equal(t, tc.level, closed["level"])
				if tc.level == "WARN" && tc.code == 1008 {
					require.Equal(t, "message_rate", closed["limit"])
				}
			})
		})
	}
}

func TestErrorsAndPanicsAreInOneRecord(t *testing.T) {
	for name, f := range map[string]func() error{"an error": func() error { return errors.New("boom") }, "a panic": panics} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := new(journal)
				fail(t, with(observe.Log(j.logger()), j.logger()), f, protocol.CloseInternalError)
				synctest.Wait()
				var with int
				for _, record := range j.records(t) {
					if strings.Contains(fmt.Sprint(record), "boom") {
						with++
					}
				}
				require.Equal(t, 1, with)
				require.Equal(t, "ERROR", j.of(t, "failed")["level"])
				require.Equal(t, j.of(t, "closed")["conn"], j.of(t, "failed")["conn"])
				require.NotContains(t, j.String(), "secret")
			})
		})
	}
}

func TestRefusalIsLoggedWithItsStatus(t *testing.T) {
	for status, level := range map[int]string{403: "INFO", 503: "WARN"} {
		j := new(journal)
		u := with(observe.Log(j.logger()), nil)
		route := routing.With(u, routing.ExtractUpgrade(func(*upgrade.Request) (upgrade.Handler, error) { return nil, upgrade.Reject(status, "not now") }))
		r := wstest.WS("/room?token=secret", wstest.NewWSProbe(t).Flow()).Header("Authorization", "Bearer secret").Run(route)
		require.Equal(t, status, r.StatusCode)
		record := j.of(t, "refused")
		require.Equal(t, level, record["level"])
		require.Equal(t, "/room", record["path"])
		require.EqualValues(t, status, record["status"])
		require.Equal(t, "not now", record["reason"])
		require.NotContains(t, j.String(), "secret")
	}
}

// events makes one of each type happen, as far as a test can.
func events(t *testing.T, j *journal) {
	o := observe.Log(j.logger())
	u := with(o, j.logger())
	talk(t, u, echo, "/")
	fail(t, u, panics, protocol.CloseInternalError)
	fail(t, u, func() error { return errors.New("boom") }, protocol.CloseInternalError)
	for _, err := range []error{upgrade.Reject(http.StatusForbidden, "no"), errors.New("boom")} {
		h := u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) { return nil, err })
		wstest.WS("/", wstest.NewWSProbe(t).Flow()).Run(h)
	}
	wstest.WS("/", wstest.NewWSProbe(t).Flow()).Header("Origin", "https://elsewhere.example").Run(u.Handler(echo))

	server := wstest.NewServer(t, u.Handler(echo))
	d := server.Dialer()
	d.Observer, d.Logger = o, j.logger()
	c, _, err := d.Dial(t.Context(), server.URL("/"))
	require.NoError(t, err)
	o.Observe(upgrade.RoundTrip{Conn: c, Time: time.Millisecond})
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	d.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no network") }
	_, _, err = d.Dial(t.Context(), server.URL("/?token=secret"))
	require.Error(t, err)
	o.Observe(upgrade.Draining{Connections: 1})
	o.Observe(upgrade.Drained{Duration: time.Second, Err: context.DeadlineExceeded})
	synctest.Wait()
}

// documented returns what stands in the first column of a table of the package's documentation.
func documented(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "// # "+heading+"\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "// # ")
	var names []string
	for _, row := range regexp.MustCompile(`(?m)^//\t((?:\w+)(?:, \w+)*)  `).FindAllStringSubmatch(table, -1) {
		names = append(names, strings.Split(row[1], ", ")...)
	}
	return names
}

func TestEveryKeyAndEventThatIsLoggedIsDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := new(journal)
		events(t, j)
		keys, names := documented(t, "Keys"), documented(t, "Events")
		require.Contains(t, keys, "stack")
		require.Contains(t, names, "drained")
		seen := map[string]bool{}
		for _, record := range j.records(t) {
			seen[fmt.Sprint(record["event"])] = true
			for key := range record {
				if !slices.Contains([]string{"time", "level", "msg"}, key) {
					require.Contains(t, keys, key)
					seen[key] = true
				}
			}
		}
		for _, name := range []string{
			"opened", "closed", "refused", "dial_failed", "round_trip", "draining", "drained", "failed", "handler_refused", "origin_refused",
			"conn", "remote", "path", "code", "error", "panic", "stack", "url", "connections", "origin", "host",
		} {
			require.True(t, seen[name], name)
		}
		for _, record := range j.records(t) {
			require.Contains(t, names, record["event"])
		}
		require.NotContains(t, j.String(), "secret")
	})
}

func TestWhatNobodyReadsIsNotPutTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text bytes.Buffer
		quiet := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn}))
		talk(t, with(observe.Log(quiet), nil), echo, "/")
		synctest.Wait()
		require.Empty(t, text.String())
	})
}

func TestLongPathIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := new(journal)
		talk(t, with(observe.Log(j.logger()), nil), echo, "/"+strings.Repeat("x", 10_000))
		synctest.Wait()
		require.Len(t, j.of(t, "opened")["path"], 256)
	})
}

func TestNilLoggerIsTheDefaultAtTheTime(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	o := observe.Log(nil)
	j := new(journal)
	slog.SetDefault(j.logger())
	o.Observe(upgrade.Draining{Connections: 3})
	require.EqualValues(t, 3, j.of(t, "draining")["connections"])
}
