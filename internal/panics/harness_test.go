package panics

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A stage is a server with one handler after the other, and a guest: a connection that must not notice.
type stage struct {
	t        *testing.T
	operator string // that is on it
	server   *wstest.Server
	guest    *wstest.Peer

	own    int // goroutines of the bubble, without a visit
	fewest int // goroutines that were ever seen between visits

	serve http.Handler

	mu      sync.Mutex
	handler handler
	log     bytes.Buffer
	events  []upgrade.Event
}

func (s *stage) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(b)
}

// Observe implements [upgrade.Observer].
func (s *stage) Observe(e upgrade.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t}
	s.upgrader(upgrade.Settings{})
	s.server = wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve.ServeHTTP(w, r) }))
	s.handler = func(in source) source { return flow.Map(in, func(m msg) msg { return m }) }
	s.guest = s.server.Peer("/")
	s.greet()
	synctest.Wait()
	s.own, s.fewest = goroutines(), runtime.NumGoroutine()
	return s
}

// upgrader serves the visits from now on with these settings.
func (s *stage) upgrader(set upgrade.Settings) {
	set.PingInterval, set.Logger, set.Observer = -1, slog.New(slog.NewJSONHandler(s, nil)), s
	u := &upgrade.Upgrader{Settings: set}
	s.serve = u.HandlerFunc(func(*upgrade.Request) (upgrade.Handler, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.handler, nil
	})
}

// greet shows that the guest is well.
func (s *stage) greet() {
	s.t.Helper()
	s.guest.WriteText("are you there")
	s.guest.ExpectText("are you there")
}

// How the peer behaves.
type visit struct {
	messages int
	leaves   bool // closes with 1000 after its messages; else the handler ends by itself
	cut      bool // or is cut off
}

// An outcome is what was seen of one connection.
type outcome struct {
	code    protocol.CloseCode
	reason  string
	records []record
	failed  []upgrade.Failed
	closed  []upgrade.Closed
	left    int // goroutines
}

type record struct {
	Level, Msg, Panic, Stack, Error string
}

// play serves one connection with h, from its opening to its end, in virtual time.
func (s *stage) play(h handler, v visit) outcome {
	s.t.Helper()
	s.mu.Lock()
	s.handler, s.events = h, nil
	s.log.Reset()
	s.mu.Unlock()
	p := s.server.Peer("/")
	p.Timeout = time.Hour
	var out outcome
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			f, err := p.TryReadFrame()
			if err != nil {
				return
			}
			if f.Opcode == protocol.OpClose {
				out.code, out.reason, _ = protocol.ParseClosePayload(f.Payload)
				if !v.leaves {
					_, _ = p.Conn().Write(f.Append(nil, protocol.Client))
				}
			}
		}
	}()
	send := func(f wstest.Frame) bool {
		_, err := p.Conn().Write(f.Append(nil, protocol.Client))
		return err == nil
	}
	for i := range v.messages {
		time.Sleep(10 * time.Millisecond)
		if !send(wstest.TextFrame(fmt.Sprint(i))) {
			break
		}
	}
	if v.leaves {
		send(wstest.CloseFrame(protocol.CloseNormal, ""))
	}
	if v.cut {
		p.Cut()
	}
	<-closed
	p.Cut()
	time.Sleep(time.Second)
	synctest.Wait()
	out.left = s.strangers()
	s.greet()

	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.log.String()) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			s.t.Fatalf("log: %v: %s", err, line)
		}
		out.records = append(out.records, r)
	}
	for _, e := range s.events {
		switch e := e.(type) {
		case upgrade.Failed:
			out.failed = append(out.failed, e)
		case upgrade.Closed:
			out.closed = append(out.closed, e)
		}
	}
	return out
}

// strangers returns how many goroutines there are besides those of the beginning. What [runtime.NumGoroutine] says has some of the
// runtime's in it now and then, but it is quick.
func (s *stage) strangers() int {
	n := runtime.NumGoroutine()
	if n <= s.fewest {
		s.fewest = n
		return 0
	}
	return goroutines() - s.own
}

// goroutines returns how many there are in the bubble.
func goroutines() int {
	stacks := make([]byte, 1<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte(", synctest bubble "))
}

// check says what is not as it should be after a connection that a fuse has blown on.
func (out outcome) check(how blast, code protocol.CloseCode) error {
	panicked := how != byReturn
	switch {
	case out.left != 0:
		return fmt.Errorf("%d goroutines are left", out.left)
	case out.code != code:
		return fmt.Errorf("the peer was closed with %v (%q)", out.code, out.reason)
	case strings.Contains(out.reason, "secret"):
		return fmt.Errorf("the peer was told %q", out.reason)
	case len(out.records) != 1:
		return fmt.Errorf("%d records in the log, and not one: %+v", len(out.records), out.records)
	case panicked && !strings.Contains(out.records[0].Stack, "(*fuse).blow"):
		return fmt.Errorf("no stack in %+v", out.records[0])
	case !panicked && !strings.Contains(out.records[0].Error, secret):
		return fmt.Errorf("no error in %+v", out.records[0])
	case len(out.failed) != 1:
		return fmt.Errorf("%d times Failed", len(out.failed))
	case panicked != (out.failed[0].Panic() != nil):
		return fmt.Errorf("Failed says %v", out.failed[0].Err)
	case len(out.closed) != 1 || out.closed[0].Cause == nil:
		return fmt.Errorf("%d times Closed", len(out.closed))
	}
	return nil
}

// rigged is the handler of a rig: its input and what follows are places too. It ends after four messages.
func rigged(r rig, f *fuse) handler {
	return func(in source) source {
		in = flow.TryMap(flow.Take(in, 4), func(_ context.Context, m msg) (msg, error) { return m, f.try("in") })
		return flow.TryMap(r(f, in), func(ctx context.Context, m msg) (msg, error) {
			if err := f.try("emit"); err != nil {
				return m, err
			}
			return message.Text("ok"), sleep(ctx, 25*ms)
		})
	}
}
