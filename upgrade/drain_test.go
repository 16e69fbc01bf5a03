package upgrade_test

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A drained client lives with a server until it goes down, and says with which code that was.
type drained struct {
	*peer
	unit  time.Duration   // between any two things that it does
	ready func()          // says that the server may shut down
	begun <-chan struct{} // it does
	open  bool            // a message of the server is
}

// write sends frames, or not if the connection is over.
func (d *drained) write(frames ...wstest.Frame) {
	_ = d.Conn().SetWriteDeadline(time.Time{}) // that of the handshake
	for _, f := range frames {
		_, _ = d.Conn().Write(f.Append(nil, protocol.Client))
	}
}

// read returns the next data frame, or false and the code once the server has closed; the close is answered then.
func (d *drained) read() (f wstest.Frame, code upgrade.CloseCode, ok bool) {
	for {
		f, err := d.TryReadFrame()
		switch {
		case err != nil:
			return f, protocol.CloseAbnormal, false
		case f.Opcode == protocol.OpPing:
			d.write(wstest.Frame{Opcode: protocol.OpPong, Payload: f.Payload})
		case f.Opcode == protocol.OpClose:
			code, _, _ := protocol.ParseClosePayload(f.Payload)
			d.write(f)
			d.expectEOF()
			return f, code, false
		default:
			d.open = f.More
			return f, 0, true
		}
	}
}

// readOn reads with a pause between any two frames, until the server closes.
func (d *drained) readOn(pause time.Duration) upgrade.CloseCode {
	for {
		if _, code, ok := d.read(); !ok {
			return code
		}
		time.Sleep(pause)
	}
}

// idle has nothing to say.
func (d *drained) idle() upgrade.CloseCode {
	d.ready()
	return d.readOn(0)
}

// slow takes its time to read.
func (d *drained) slow() upgrade.CloseCode {
	d.ready()
	return d.readOn(d.unit)
}

// chatting says something as soon as it is answered.
func (d *drained) chatting() upgrade.CloseCode {
	d.ready()
	for {
		d.write(wstest.TextFrame("how are you?"))
		if _, code, ok := d.read(); !ok {
			return code
		}
		time.Sleep(d.unit)
	}
}

// sending is amid a message when the server begins to shut down, and wants it to be answered.
func (d *drained) sending() upgrade.CloseCode {
	d.write(wstest.Frame{Opcode: protocol.OpText, Payload: []byte("begun "), More: true}, wstest.Frame{Opcode: protocol.OpPing})
	_, _, _ = d.read() // the pong: the server reads the message
	d.ready()
	<-d.begun
	time.Sleep(2 * d.unit)
	d.write(wstest.Frame{Opcode: protocol.OpContinuation, Payload: []byte("and finished")})
	if f, code, ok := d.read(); !ok || string(f.Payload) != "begun and finished" {
		d.t.Errorf("the message was lost: %v %v", f, code)
	}
	return d.readOn(0)
}

// receiving is amid a message of the server's, and wants all of it.
func (d *drained) receiving() upgrade.CloseCode {
	d.ready()
	code := d.readOn(0)
	if d.open {
		d.t.Error("a message was not finished")
	}
	return code
}

// drainingServer has a route for each kind of client.
func drainingServer(u *upgrade.Upgrader, unit time.Duration) http.Handler {
	flood := flow.Repeat(message.Binary(make([]byte, 2<<10)))
	slowly := flow.Map(flow.Take(flow.Tick(unit), 8), func(time.Time) string { return "x" })
	mux := http.NewServeMux()
	mux.Handle("/echo", u.Handler(echo))
	mux.Handle("/flood", u.Handler(flow.FromSinkAndSource(flow.Ignore[message.Message](), flood)))
	mux.Handle("/stream", u.Handler(flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Repeat(message.TextStream(slowly)))))
	return mux
}

// A drainKind is a kind of client.
type drainKind struct {
	path string
	live func(*drained) upgrade.CloseCode
}

var (
	drainKinds = []drainKind{
		{"/echo", (*drained).idle},
		{"/echo", (*drained).chatting},
		{"/echo", (*drained).sending},
		{"/stream", (*drained).receiving},
	}
	drainSlow = drainKind{"/flood", (*drained).slow}
)

// drain connects n clients, shuts down, and returns what the clients saw and how long it took.
func drain(t *testing.T, u *upgrade.Upgrader, over wstest.Wire, unit time.Duration, n int, kinds ...drainKind) (map[upgrade.CloseCode]int, time.Duration) {
	t.Helper()
	server := wstest.NewServer(t, drainingServer(u, unit), over)
	codes, begun := make(map[upgrade.CloseCode]int), make(chan struct{})
	var mu sync.Mutex
	var clients, ready sync.WaitGroup
	ready.Add(n)
	for i := range n {
		kind := kinds[i%len(kinds)]
		d := &drained{peer: connect(t, server, kind.path), unit: unit, ready: ready.Done, begun: begun}
		clients.Go(func() {
			code := kind.live(d)
			mu.Lock()
			defer mu.Unlock()
			codes[code]++
		})
	}
	ready.Wait()
	time.Sleep(unit)
	goroutines, heap := runtime.NumGoroutine(), liveHeap()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	close(begun)
	began := time.Now()
	down := later(func() error { return u.Shutdown(ctx) })
	time.Sleep(u.ShutdownSpread / 2)
	halfway := runtime.NumGoroutine()
	require.NoError(t, <-down)
	took := time.Since(began)
	clients.Wait()
	t.Logf("%d connections, both ends: %d goroutines, %d MiB; halfway %d goroutines; gone after %v", n, goroutines, heap>>20, halfway, took)
	if !over.TCP { // where time is virtual
		require.LessOrEqual(t, halfway, goroutines+1, "no goroutine for each to tell it")
	}
	return codes, took
}

func TestShutdownOfTenThousandConnectionsIsSeenByEachOfThem(t *testing.T) {
	n := 10_000
	if underRace {
		n = 1_000
	}
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		u := &upgrade.Upgrader{Settings: quiet, ShutdownSpread: 10 * time.Second}
		codes, took := drain(t, u, wstest.Wire{Buffer: 8 << 10}, time.Second, n, append(drainKinds, drainSlow)...)
		require.Equal(t, map[upgrade.CloseCode]int{protocol.CloseGoingAway: n}, codes)
		require.Greater(t, took, 9*time.Second)
		require.Less(t, took, 20*time.Second)
	})
	t.Logf("in all %v", time.Since(began))
}

func TestShutdownOfAThousandSocketsIsSeenByEachOfThem(t *testing.T) {
	n := 1_000
	if underRace {
		n = 200
	}
	u := &upgrade.Upgrader{Settings: quiet, ShutdownSpread: 100 * time.Millisecond, ShutdownCode: protocol.CloseServiceRestart}
	codes, _ := drain(t, u, wstest.Wire{TCP: true}, 10*time.Millisecond, n, drainKinds...)
	require.Equal(t, map[upgrade.CloseCode]int{protocol.CloseServiceRestart: n}, codes)
}
