package wstest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

const (
	defaultTimeout = 3 * time.Second
	defaultBuffer  = 1024
	collectLimit   = 64 << 20 // of a streamed message
	shownEvents    = 10       // in the report of a failure
)

// A WSProbe is the test's end of a connection. Its Send methods say something to the peer, its Expect methods
// wait for what the peer says, and fail the test at once if it is something else or does not come.
//
// The methods are called from the goroutine of the test. A probe serves one connection.
type WSProbe struct {
	// Timeout is how long an Expect method waits, and a Send method for its turn. In a bubble of
	// testing/synctest it is virtual time. 0 means 3 s. It may be changed at any time.
	Timeout time.Duration

	// Buffer is how many messages of the peer the probe takes before they are expected. With a negative one it takes
	// a message only when it is expected, so that the peer feels backpressure. 0 means 1024. It is not
	// changed once the connection is there.
	Buffer int

	tb      testing.TB
	claimed atomic.Bool          // a connection is served, or was
	outbox  chan command         // what to do next
	inbox   chan message.Message // what came; made once Buffer is known
	ready   chan struct{}        // closed when inbox is there
	ended   chan struct{}        // closed when the input has ended
	over    chan struct{}        // closed when the test is over

	mu     sync.Mutex
	conn   *upgrade.Conn // nil where the flow runs without a connection
	talk   *conversation // nil where the connection is not a Request's
	err    error         // what the input ended with
	events []string      // the last ones
	said   bool          // the probe has closed
}

// A command is one thing that the probe says: a message, or with one of the others an ending.
type command struct {
	message message.Message
	close   *upgrade.CloseError
	fail    error
}

// NewWSProbe returns a probe. When the test ends, its connection is cut if it is still open, and the test fails if a
// goroutine of a [Request]'s connection, on either side, is still at work 5 s later.
func NewWSProbe(tb testing.TB) *WSProbe {
	p := &WSProbe{
		tb: tb, outbox: make(chan command),
		ready: make(chan struct{}), ended: make(chan struct{}), over: make(chan struct{}),
	}
	tb.Cleanup(p.stop)
	return p
}

// Flow returns the handler that gives a connection to the probe, on the client's side ([WS]) or the server's.
func (p *WSProbe) Flow() upgrade.Handler {
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		if p.claimed.Swap(true) {
			return flow.Fail[message.Message](errors.New("wstest: a WSProbe serves one connection"))
		}
		return flow.NewSource("WSProbe", func(ctx context.Context, emit func(message.Message) error, end func(error)) {
			flow.Go(ctx, func() { flow.Guard(end, func() error { return p.serve(ctx, in, emit) }) })
		})
	}
}

// serve listens and speaks at the same time. When one of the two ends, so does the other, and the result is
// that of the first.
func (p *WSProbe) serve(ctx context.Context, in flow.Source[message.Message], emit func(message.Message) error) error {
	p.attach(ctx)
	ctx, cancel := context.WithCancelCause(ctx)
	var first atomic.Pointer[error]
	ended := func(err error) {
		first.CompareAndSwap(nil, &err)
		cancel(err)
	}
	spoken := make(chan struct{})
	// Speaking begins when listening has: a closing handshake would throw away what nobody listens to.
	heard := flow.Operator("WSProbe", in, func(
		ctx context.Context, take func(message.Message) error, end func(error),
	) (func(message.Message) error, func(error)) {
		flow.Go(ctx, func() {
			flow.Guard(ended, func() error { return p.speak(ctx, emit) })
			close(spoken)
		})
		return take, func(err error) {
			p.inputEnded(err)
			ended(err)
			end(err)
		}
	})
	err := heard.Run(ctx, func(m message.Message) error { return p.take(ctx, m) })
	if first.Load() == nil { // cancelled before it began
		p.inputEnded(err)
		return err
	}
	<-spoken
	return *first.Load()
}

// inputEnded takes note of how the connection ended.
func (p *WSProbe) inputEnded(err error) {
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	close(p.ended)
}

// take keeps a message until it is expected.
func (p *WSProbe) take(ctx context.Context, m message.Message) error {
	strict, err := m.Strict(ctx, collectLimit)
	if err != nil {
		return err
	}
	p.note("<- %v", strict)
	select {
	case p.inbox <- strict:
		return nil
	default:
	}
	select {
	case p.inbox <- strict:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// attach takes note of the connection.
func (p *WSProbe) attach(ctx context.Context) {
	p.mu.Lock()
	p.conn = upgrade.FromContext(ctx)
	p.talk, _ = ctx.Value(conversationKey{}).(*conversation)
	p.mu.Unlock()
	size := p.Buffer
	if size == 0 {
		size = defaultBuffer
	}
	p.inbox = make(chan message.Message, max(size, 0))
	close(p.ready)
}

// speak does what the test says.
func (p *WSProbe) speak(ctx context.Context, emit func(message.Message) error) error {
	for {
		select {
		case c := <-p.outbox:
			switch {
			case c.fail != nil:
				return c.fail
			case c.close != nil:
				return p.hangUp(ctx, c.close)
			}
			if err := emit(c.message); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.over:
			return errTestOver
		}
	}
}

// hangUp closes the connection, and returns when all that the peer still said has arrived.
func (p *WSProbe) hangUp(ctx context.Context, e *upgrade.CloseError) error {
	conn := upgrade.FromContext(ctx)
	if conn == nil {
		return e
	}
	_ = conn.Close(e.Code, e.Reason) // how it ended is for the Expect methods to say
	<-ctx.Done()
	return context.Cause(ctx)
}

// stop ends the connection with the test.
func (p *WSProbe) stop() {
	p.tb.Helper()
	defer close(p.over)
	if !p.claimed.Load() {
		return
	}
	select {
	case <-p.ready:
	case <-time.After(grace):
		return
	}
	p.mu.Lock()
	talk := p.talk
	p.mu.Unlock()
	if talk == nil {
		return
	}
	if left := talk.end(); left != "" {
		p.tb.Errorf("wstest: goroutines of the connection are left:\n%s", left)
	}
}

// note keeps an event for the report of a failure.
func (p *WSProbe) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) == shownEvents {
		p.events = append(p.events[:0], p.events[1:]...)
	}
	p.events = append(p.events, fmt.Sprintf(format, args...))
}

// fail ends the test, and tells what was said before.
func (p *WSProbe) fail(format string, args ...any) {
	p.tb.Helper()
	p.mu.Lock()
	events := strings.Join(p.events, "\n\t")
	p.mu.Unlock()
	if events == "" {
		events = "(nothing)"
	}
	p.tb.Fatalf("wstest: %s\nlast messages (-> sent, <- received):\n\t%s", fmt.Sprintf(format, args...), events)
}

func (p *WSProbe) timeout() time.Duration {
	if p.Timeout == 0 {
		return defaultTimeout
	}
	return p.Timeout
}
