package upgrade

import (
	"context"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// A KeepAlive is what a connection sends every PingInterval.
type KeepAlive uint8

const (
	// KeepAlivePing sends pings, and ends the connection of a peer that does not answer them.
	KeepAlivePing KeepAlive = iota

	// KeepAlivePong sends pongs that nobody asked for, as a sign of life for the peer and for what stands in between, such as
	// proxies. No answer comes, so no deadline runs and nothing is timed: that the peer is gone is noticed by TCP, or
	// at the write deadline once nothing more fits into the socket's buffer.
	//
	// RFC 6455, 5.5.3: "A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat. A response to
	// an unsolicited Pong frame is not expected."
	KeepAlivePong
)

// keepAlive looks after a connection in time: it sends pings, matches pongs with them, and ends the connection when one
// does not come, or when it is idle. One timer serves all of that, and nothing that a message does moves it.
type keepAlive struct {
	mu       sync.Mutex
	timer    *time.Timer
	off      bool
	sent     uint64  // pings so far, and their numbers
	waiting  []*ping // pings without a pong, oldest first
	asked    *ping   // the first keep-alive ping without a pong, or nil; given up it may be in waiting no more
	rtt      time.Duration
	watchers []*flow.Queue[time.Duration] // those of RoundTripTimes

	// The timer's own.
	beatAt  time.Time // of the next ping; zero if there is none
	silence silence
	idle    idling
}

func (k *keepAlive) start(c *Conn) {
	now := time.Now()
	if c.set.PingInterval > 0 {
		k.beatAt = now.Add(c.set.PingInterval)
	}
	if c.set.IdleTimeout > 0 {
		k.idle.since = now
		k.idle.at = now.Add(idlePeriod(c.set.IdleTimeout))
	}
	at := k.nextAt()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.off && !at.IsZero() { // a shutdown may have come before
		k.timer = time.AfterFunc(at.Sub(now), c.pulse)
	}
}

func (k *keepAlive) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.off = true
	if k.timer != nil {
		k.timer.Stop()
	}
}

// nextAt returns when something is due next, or zero.
func (k *keepAlive) nextAt() time.Time {
	at := earlier(k.beatAt, k.idle.at)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.asked != nil {
		at = earlier(at, k.asked.due)
	}
	return at
}

// earlier returns the earlier one of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// isDue reports whether at has come; zero never does.
func isDue(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// pulse does what is due and sets the timer to what is due next.
func (c *Conn) pulse() {
	k := &c.keepAlive
	if c.gone.Err() != nil {
		return
	}
	now := time.Now()
	c.listen(now)
	if isDue(k.idle.at, now) {
		c.checkIdle(now)
	}
	if !c.checkPong(now) {
		return
	}
	if isDue(k.beatAt, now) {
		c.beat(now)
	}
	at := k.nextAt()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.off && !at.IsZero() {
		k.timer.Reset(max(time.Until(at), 0))
	}
}

// beat sends what keeps the connection alive, and says when to do so again. After our close frame that is never:
// CloseTimeout judges the peer then.
func (c *Conn) beat(now time.Time) {
	k := &c.keepAlive
	c.restCodecs()
	err := c.sendBeat()
	if k.beatAt = k.beatAt.Add(c.set.PingInterval); k.beatAt.Before(now) {
		k.beatAt = now.Add(c.set.PingInterval)
	}
	if err != nil {
		k.beatAt = time.Time{}
	}
}

func (c *Conn) sendBeat() error {
	payload, err := c.pingPayload()
	if err != nil {
		return err
	}
	if c.set.KeepAlive == KeepAlivePong {
		return c.writeControl(Frame{Fin: true, Opcode: protocol.OpPong, Payload: payload}, flushNow)
	}
	p := c.keepAlive.next(payload, c.set.PongTimeout > 0)
	if err := c.writeControl(Frame{Fin: true, Opcode: protocol.OpPing, Payload: p.payload}, flushNow); err != nil {
		return err
	}
	if p.judged {
		c.startDeadline(p)
	}
	return nil
}

// pingPayload returns what the user's generator does, or nil if there is none.
func (c *Conn) pingPayload() (payload []byte, err error) {
	generate := c.set.PingPayload
	if generate == nil {
		return nil, nil
	}
	flow.Guard(func(e error) {
		if err = e; err != nil { // here, since nobody comes back from a runtime.Goexit
			c.pingFailed(err)
		}
	}, func() error {
		var err error
		payload, err = ownPayload(generate(c))
		return err
	})
	return payload, err
}

// pingFailed fails the connection because its generator of payloads did.
func (c *Conn) pingFailed(err error) {
	c.tellFailed(context.Background(), "websocket ping payload failed", "ping_failed", err)
	cause := c.because(&CloseError{Code: protocol.CloseInternalError, Err: err})
	c.sendClose(cause.Code, cause.Reason)
}
