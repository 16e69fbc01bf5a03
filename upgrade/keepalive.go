package upgrade

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

// keepAlive sends pings and matches pongs with them.
type keepAlive struct {
	mu      sync.Mutex
	timer   *time.Timer
	off     bool
	sent    uint64  // pings so far; the number is the payload
	waiting []*ping // pings without a pong, oldest first
	rtt     time.Duration
}

type ping struct {
	number uint64 // or 0 if the payload is somebody else's
	own    string // the payload then
	at     time.Time
	waits  uint64             // of the connection when its pong was last waited for
	pong   chan time.Duration // has room for one
}

const maxPings = 16 // that wait for their pongs; older ones are given up

// errPingForgotten is what a ping ends with when too many others wait for pongs as well.
var errPingForgotten = errors.New("upgrade: too many pings without a pong")

func (k *keepAlive) start(c *Conn) {
	if c.set.PingInterval == 0 {
		return
	}
	k.again(c.set.PingInterval, c.pingDue)
}

func (k *keepAlive) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.off = true
	if k.timer != nil {
		k.timer.Stop()
	}
}

func (k *keepAlive) again(d time.Duration, f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.off {
		k.timer = time.AfterFunc(d, f)
	}
}

// next registers a ping and returns it with its payload.
func (k *keepAlive) next() (*ping, [8]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sent++
	p := &ping{number: k.sent, at: time.Now(), pong: make(chan time.Duration, 1)}
	k.wait(p)
	var payload [8]byte
	binary.BigEndian.PutUint64(payload[:], p.number)
	return p, payload
}

// note registers a ping with a payload of the user's.
func (k *keepAlive) note(payload []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wait(&ping{own: string(payload), at: time.Now(), pong: make(chan time.Duration, 1)})
}

// wait lets a ping wait for its pong. It is called with mu held.
func (k *keepAlive) wait(p *ping) {
	if len(k.waiting) == maxPings {
		close(k.waiting[0].pong)
		k.waiting = append(k.waiting[:0], k.waiting[1:]...)
	}
	k.waiting = append(k.waiting, p)
}

// answeredBy reports whether a pong with this payload is that of p.
func (p *ping) answeredBy(pong []byte) bool {
	if p.number == 0 {
		return p.own == string(pong)
	}
	return len(pong) == 8 && binary.BigEndian.Uint64(pong) == p.number
}

// pong matches a pong.
//
// RFC 6455, 5.5.3: "A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat. A response
// to an unsolicited Pong frame is not expected." And: "If an endpoint receives a Ping frame and has not yet
// sent Pong frame(s) in response to previous Ping frame(s), the endpoint MAY elect to send a Pong frame for
// only the most recently processed Ping frame." So a pong also answers the pings before its own.
func (k *keepAlive) pong(payload []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, p := range k.waiting {
		if !p.answeredBy(payload) {
			continue
		}
		now := time.Now()
		k.rtt = now.Sub(p.at)
		for _, q := range k.waiting[:i+1] {
			q.pong <- now.Sub(q.at)
		}
		k.waiting = append(k.waiting[:0], k.waiting[i+1:]...)
		return
	}
}

// pingDue sends the keep-alive ping and starts its deadline.
func (c *Conn) pingDue() {
	c.restCodecs()
	p, payload := c.keepAlive.next()
	if c.gone.Err() != nil || c.writePing(payload[:]) != nil {
		return
	}
	if c.set.PongTimeout == 0 {
		c.keepAlive.again(c.set.PingInterval, c.pingDue)
		return
	}
	c.awaitPong(p)
}

// awaitPong starts the deadline of a ping.
func (c *Conn) awaitPong(p *ping) {
	p.waits = c.waits.Load()
	c.keepAlive.again(c.set.PongTimeout, func() { c.pongDue(p) })
}

// pongDue ends the connection if the pong has not come. The deadline holds if one read of the socket has waited
// all the while: while other bytes arrive the pong may be behind them, and while a handler holds the reader
// nobody sees it. The next ping's write tells then whether TCP still has a peer.
func (c *Conn) pongDue(p *ping) {
	select {
	case _, came := <-p.pong:
		if came {
			c.keepAlive.again(max(c.set.PingInterval-c.set.PongTimeout, c.set.PingInterval/2), c.pingDue)
			return
		} // else as many later pings wait as are kept: none was answered
	default:
	}
	switch waits := c.waits.Load(); {
	case waits%2 == 0:
		c.keepAlive.again(c.set.PingInterval, c.pingDue)
	case waits != p.waits:
		c.awaitPong(p)
	default:
		_ = c.drop("no pong came in time", nil)
	}
}

// Ping sends a ping and waits for its pong, for which somebody has to be reading the connection. It returns
// the round-trip time.
func (c *Conn) Ping(ctx context.Context) (time.Duration, error) {
	p, payload := c.keepAlive.next()
	if err := c.writePing(payload[:]); err != nil {
		return 0, err
	}
	select {
	case rtt, ok := <-p.pong:
		if !ok {
			return 0, errPingForgotten
		}
		return rtt, nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-c.gone.Done():
		return 0, context.Cause(c.gone)
	}
}

// RoundTripTime returns the time that the last ping took, the user's or the connection's own, or 0
// if there is none yet.
func (c *Conn) RoundTripTime() time.Duration {
	c.keepAlive.mu.Lock()
	defer c.keepAlive.mu.Unlock()
	return c.rtt
}
