package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A suite is a conformance server with two cases, each of which sends a text and notes the echo.
type suite struct {
	upgrade.Upgrader
	mu    sync.Mutex
	notes []string
}

func (s *suite) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

func (s *suite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var say flow.Source[message.Message]
	var heard func(message.Message)
	switch r.URL.Path {
	case "/getCaseCount":
		say = flow.Of(message.Text("2"))
	case "/runCase":
		say = flow.Of(message.Text("case " + query.Get("case")))
		heard = func(m message.Message) { s.note("%s echoed %s", query.Get("agent"), m.Text()) }
	case "/updateReports":
		s.note("reports for %s", query.Get("agent"))
		say = flow.Empty[message.Message]()
	}
	_ = s.Serve(w, r, func(in flow.Source[message.Message]) flow.Source[message.Message] {
		if heard == nil {
			return say
		}
		answers := flow.MapConcat(flow.Take(in, 1), func(m message.Message) []message.Message {
			heard(m)
			return nil
		})
		return flow.Concat(say, answers)
	})
}

func TestDriverPlaysEveryCase(t *testing.T) {
	s := &suite{}
	server := wstest.NewServer(t, s)
	var out strings.Builder
	d := driver{dialer: server.Dialer(), url: server.URL("/"), agent: "me", out: &out}
	require.NoError(t, d.run(context.Background()))
	require.Equal(t, []string{"me echoed case 1", "me echoed case 2", "reports for me"}, s.notes)
	require.Equal(t, "case 1 of 2\ncase 2 of 2\n", out.String())
}
