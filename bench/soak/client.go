package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/faults"
	"github.com/wsflow/wsflow/internal/wire"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// garbled is the code that a client closes with when a reply is not what it should be.
const garbled upgrade.CloseCode = 4400

// A session is one connection, from its client's side.
type session struct {
	*plan
	soak    *soak
	random  *rand.Rand
	serving *serving
	relay   atomic.Pointer[faults.Relay] // or nil
	conn    *upgrade.Conn

	sent     atomic.Int64
	received atomic.Int64
	replied  chan struct{} // has an element when a reply came

	mu      sync.Mutex
	waiting []sent
	bytes   int   // of what waits
	next    int64 // number of the topic's next message, or 0 for any
	wrong   []string
}

// play makes the connection, uses it, waits for its end at both sides, and judges it.
func (s *soak) play(p *plan, r *rand.Rand) {
	c := &session{plan: p, soak: s, random: r, replied: make(chan struct{}, 1)}
	err := c.dial()
	if relay := c.relay.Load(); relay != nil {
		defer func() { <-relay.Gone() }()
	}
	if err != nil {
		if relay := c.relay.Load(); relay != nil {
			relay.Cut(faults.CutRST)
		}
		if !c.isCut() { // which can be during the opening handshake, too
			s.report(p, fmt.Sprintf("dial: %v", err))
		}
		s.count(p, "not opened")
		return
	}
	s.live.Add(1)
	err = c.conn.Run(context.Background(), flow.FromSinkAndSource(flow.ForEach(c.take), flow.FromFunc(c.give)))
	s.live.Add(-1)
	if c.ending == silenced { // the server's end does not hear that we have gone
		c.relay.Load().Cut(faults.CutRST)
	}
	timer := time.NewTimer(3 * patience)
	defer timer.Stop()
	select {
	case served := <-c.serving.closed:
		c.judge(err, c.conn.Closed(), served)
	case <-timer.C:
		c.fault("the server's handler has not ended")
	}
	for _, what := range c.wrong {
		s.report(p, what)
	}
}

// dial connects; to another generation if one is being drained.
func (c *session) dial() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if c.isCut() { // the answer may never come
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			select {
			case <-c.soak.hurry:
				cancel()
			case <-stop:
			}
		}()
	}
	for {
		var key string
		c.serving, key = c.soak.server.expect(c.plan)
		url := "ws://" + c.soak.server.addr
		if c.tls {
			url = "wss://" + c.soak.server.tlsAddr
		}
		d := &upgrade.Dialer{Settings: settings(c.compressed), TLS: c.soak.server.trust, DialContext: c.connect, HandshakeTimeout: patience}
		conn, _, err := d.Dial(ctx, url+"/?key="+key)
		c.soak.server.sessions.Delete(key)
		if refused, ok := errors.AsType[*upgrade.RefusedError](err); ok && refused.Status == 503 && c.ending == drained {
			continue
		}
		c.conn = conn
		return err
	}
}

// connect opens the connection below: a socket, or one in memory that a relay joins with a socket.
func (c *session) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil || c.link == nil {
		return nc, err
	}
	ours, theirs := wire.Pipe(wire.Options{})
	c.relay.Store(faults.Join(theirs, nc.(*net.TCPConn), *c.link))
	return ours, nil
}

// give sends messages for the connection's life, waits for the replies, and ends as planned.
func (c *session) give(ctx context.Context, emit func(message.Message) error) error {
	life := time.NewTimer(c.life)
	defer life.Stop()
	over := func() bool { return false }
	if !c.isServers() {
		over = func() bool {
			select {
			case <-life.C:
				life.Reset(0)
				return true
			case <-c.soak.hurry:
				return true
			default:
				return false
			}
		}
	}
	for !over() && ctx.Err() == nil {
		burst := 1 + c.random.IntN(c.window) // so that messages overtake each other, if they can
		if err := c.say(ctx, emit, burst); err != nil {
			return err
		}
		if err := c.rest(ctx, life, burst); err != nil {
			return err
		}
	}
	if !c.isCut() {
		if err := c.expect(ctx, sent{}); err != nil {
			return err
		}
	}
	return c.end(ctx)
}

// say sends some messages.
func (c *session) say(ctx context.Context, emit func(message.Message) error, n int) error {
	if c.route == topic {
		return nil
	}
	for range n {
		m, sent := c.soak.supply.message(c.random, c.largest)
		if err := c.expect(ctx, sent); err != nil {
			return err
		}
		if err := emit(m); err != nil {
			return err
		}
	}
	return nil
}

// isCut reports whether the link ends the connection.
func (c *session) isCut() bool {
	switch c.ending {
	case cutFIN, cutRST, cutHalf, silenced:
		return true
	default:
		return false
	}
}

// isServers reports whether the server ends the connection.
func (c *session) isServers() bool {
	switch c.ending {
	case serverCompletes, serverFails, serverErrs, serverPanics, drained:
		return true
	default:
		return false
	}
}

// rest waits for the time of the next burst, after one of n messages.
func (c *session) rest(ctx context.Context, life *time.Timer, n int) error {
	pause := time.NewTimer(time.Duration(c.random.ExpFloat64() * float64(n) * float64(c.pause)))
	defer pause.Stop()
	hurry, end := c.soak.hurry, life.C
	if c.isServers() {
		end = nil
		if c.ending == drained { // it is not sooner if we send more
			hurry = nil
		}
	}
	select {
	case <-pause.C:
	case <-end:
		life.Reset(0)
	case <-hurry:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// expect waits until one more message may be sent, and notes it. With nothing, it waits until all replies have come.
func (c *session) expect(ctx context.Context, s sent) error {
	for {
		c.mu.Lock()
		room := len(c.waiting) == 0 || s.content != nil && len(c.waiting) < c.window && c.bytes+len(s.content) <= inFlight
		if room && s.content != nil {
			s.at = time.Now()
			c.waiting = append(c.waiting, s)
			c.bytes += len(s.content)
			c.sent.Add(1)
		}
		c.mu.Unlock()
		if room {
			return nil
		}
		var hurry <-chan struct{}
		if c.isCut() {
			hurry = c.soak.hurry // the replies may never come
		}
		select {
		case <-c.replied:
		case <-hurry:
			return c.end(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// end ends the connection as planned.
func (c *session) end(ctx context.Context) error {
	switch c.ending {
	case clientFails:
		return &upgrade.CloseError{Code: c.code, Reason: c.reason}
	case clientCloses:
		go func() { _ = c.conn.Close(c.code, c.reason) }()
		<-ctx.Done()
		return context.Cause(ctx)
	case cutFIN:
		c.relay.Load().Cut(faults.CutFIN) // too few bytes have passed
	case cutHalf:
		c.relay.Load().Cut(faults.CutHalf)
	case cutRST:
		c.relay.Load().Cut(faults.CutRST)
	case silenced:
		still := faults.Direction{StallFor: -1}
		c.relay.Load().Set(faults.Faults{ToServer: still, ToClient: still})
		select {
		case <-ctx.Done():
		case <-c.soak.hurry: // it would take too long to notice
			c.relay.Load().Cut(faults.CutRST)
		}
	default: // also what was to be corrupted
		return nil
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// take checks a reply.
func (c *session) take(ctx context.Context, m message.Message) error {
	c.received.Add(1)
	c.soak.messages.Add(1)
	c.soak.bytes.Add(int64(m.Len()))
	right := c.inOrder
	if c.route == topic {
		right = c.inSequence
	}
	if !right(m) {
		return &upgrade.CloseError{Code: garbled}
	}
	if c.slow && rand.IntN(4) == 0 {
		select {
		case <-time.After(rand.N(200 * time.Millisecond)):
		case <-ctx.Done():
		}
	}
	return nil
}

// inOrder reports whether m is the reply to the oldest message without one.
func (c *session) inOrder(m message.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.wrong = append(c.wrong, "a reply to nothing")
		return false
	}
	s := c.waiting[0]
	if !s.is(m) {
		what := "changed"
		for i, other := range c.waiting[1:] {
			if other.is(m) {
				what = fmt.Sprintf("that to the one %d later", i+1)
			}
		}
		c.wrong = append(c.wrong, fmt.Sprintf("reply %d (of %d bytes, not %d) is %s", c.received.Load(), m.Len(), len(s.content), what))
		return false
	}
	c.waiting = c.waiting[1:]
	c.bytes -= len(s.content)
	if c.link == nil && !c.slow {
		c.soak.trips.add(time.Since(s.at))
	}
	select {
	case c.replied <- struct{}{}:
	default:
	}
	return true
}

// inSequence reports whether m is what the topic has said next.
func (c *session) inSequence(m message.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	number, zeros, _ := strings.Cut(m.Text(), " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || strings.Trim(zeros, "0") != "" || c.next > 0 && n != c.next {
		c.wrong = append(c.wrong, fmt.Sprintf("the topic says %.20q, and not %d", m.Text(), c.next))
		return false
	}
	c.next = n + 1
	return true
}

// fault notes that something is wrong.
func (c *session) fault(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}
