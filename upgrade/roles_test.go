package upgrade_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// An end is a connection of ours, and the peer whom the test plays.
type end struct {
	*peer
	role  protocol.Role // the peer's
	conn  *upgrade.Conn
	ended chan error // gets what Run returns

	others sync.WaitGroup
}

// beside runs what the peer does besides the test, until it is hung up.
func (e *end) beside(f func()) { e.others.Go(f) }

// leave ends the test.
func (e *end) leave() {
	e.hangUp()
	e.others.Wait()
}

// inBothRoles runs a test in virtual time with our end as the server, and as the client.
func inBothRoles(t *testing.T, h handler, settings upgrade.Settings, test func(t *testing.T, e *end)) {
	t.Helper()
	t.Run("server", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := &upgrade.Upgrader{Settings: settings}
			e := &end{role: protocol.Client, ended: make(chan error, 1)}
			conns := make(chan *upgrade.Conn, 1)
			s := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c, err := u.Upgrade(w, r); err == nil {
					conns <- c
					e.ended <- c.Run(r.Context(), h)
				}
			}))
			e.peer = connect(t, s, "/")
			e.conn = <-conns
			defer e.leave()
			test(t, e)
		})
	})
	t.Run("client", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := wstest.NewPeerServer(t)
			d := s.Dialer()
			d.Settings = settings
			c, _, err := d.Dial(t.Context(), s.URL("/"))
			require.NoError(t, err)
			e := &end{peer: &peer{Peer: s.Accept(), t: t}, role: protocol.Server, conn: c, ended: make(chan error, 1)}
			e.Timeout = 48 * time.Hour
			go func() { e.ended <- c.Run(context.Background(), h) }()
			synctest.Wait()
			defer e.leave()
			test(t, e)
		})
	})
}

// expectEnd waits for the end of the connection and compares the code and when it came, to the millisecond that the stand-in may
// take; 0 means a clean ending.
func (e *end) expectEnd(code upgrade.CloseCode, since time.Time, after time.Duration) *upgrade.CloseError {
	e.t.Helper()
	err := <-e.ended
	require.Equal(e.t, after, time.Since(since).Round(10*time.Millisecond))
	if code == 0 {
		require.NoError(e.t, err)
		return e.conn.Closed()
	}
	var closed *upgrade.CloseError
	require.ErrorAs(e.t, err, &closed)
	require.Equal(e.t, code, closed.Code, closed.Error())
	return closed
}

// expectPing expects a ping next, and returns its payload.
func (p *peer) expectPing() string {
	p.t.Helper()
	f, err := p.next()
	require.NoError(p.t, err)
	require.Equal(p.t, protocol.OpPing, f.Opcode, f.String())
	require.False(p.t, f.WrongMask)
	return string(f.Payload)
}

// forget forgets what was seen.
func (w *witness) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
}

// pong sends a pong.
func (p *peer) pong(payload string) { p.t.Helper(); p.frame(protocol.OpPong, payload, true) }

// answerPings reads on and answers every ping, and keeps nothing.
func (e *end) answerPings() {
	_ = e.Conn().SetWriteDeadline(time.Time{})
	for {
		f, err := e.TryReadFrame()
		if err != nil {
			return
		}
		if f.Opcode == protocol.OpPing {
			f.Opcode = protocol.OpPong
			_, _ = e.Conn().Write(f.Append(nil, e.role))
		}
	}
}
