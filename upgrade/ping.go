package upgrade

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

type ping struct {
	number  uint64
	payload []byte
	at      time.Time
	pong    chan time.Duration // has room for one; closed when the ping is given up
	judged  bool               // the connection ends if its pong does not come
	pongDeadline
}

const maxPings = 16 // that wait for their pongs; older ones are given up

// errPingForgotten is what a ping ends with when too many others wait for pongs as well.
var errPingForgotten = errors.New("upgrade: too many pings without a pong")

// ownPayload returns a copy of the payload of a ping, which is not nil.
func ownPayload(payload []byte) ([]byte, error) {
	if len(payload) > protocol.MaxControlPayload {
		return nil, fmt.Errorf("upgrade: ping payload of %d bytes: %w", len(payload), protocol.ErrControlTooLong)
	}
	return append([]byte{}, payload...), nil
}

// next registers a ping. Without a payload it gets its number, in 8 bytes.
func (k *keepAlive) next(payload []byte, judged bool) *ping {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sent++
	if payload == nil {
		payload = binary.BigEndian.AppendUint64(nil, k.sent)
	}
	p := &ping{number: k.sent, payload: payload, at: time.Now(), pong: make(chan time.Duration, 1), judged: judged}
	if len(k.waiting) == maxPings {
		close(k.waiting[0].pong)
		k.waiting = slices.Delete(k.waiting, 0, 1)
	}
	k.waiting = append(k.waiting, p)
	if judged && k.asked == nil {
		k.asked = p
	}
	return p
}

// match takes the ping that a pong answers, and those before it, from those that wait. It reports false if there is none.
//
// RFC 6455, 5.5.3: "A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the
// message body of the Ping frame being replied to." And: "If an endpoint receives a Ping frame and has not yet sent Pong
// frame(s) in response to previous Ping frame(s), the endpoint MAY elect to send a Pong frame for only the most
// recently processed Ping frame." So a pong answers the pings before its own, too; and where several have its payload it is
// the newest one's: taken for an older one's it would leave behind a ping whose pong never comes, and all times after it
// would be those of the ping before.
func (k *keepAlive) match(payload []byte) (time.Duration, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, p := range slices.Backward(k.waiting) {
		if string(p.payload) != string(payload) {
			continue
		}
		now := time.Now()
		k.rtt = now.Sub(p.at)
		for _, q := range k.waiting[:i+1] {
			q.pong <- now.Sub(q.at)
		}
		k.waiting = slices.Delete(k.waiting, 0, i+1)
		if k.asked != nil && k.asked.number <= p.number {
			k.asked = nil
			if j := slices.IndexFunc(k.waiting, func(q *ping) bool { return q.judged }); j >= 0 {
				k.asked = k.waiting[j]
			}
		}
		for _, w := range k.watchers {
			w.Offer(k.rtt)
		}
		return k.rtt, true
	}
	return 0, false
}

// ponged takes note of a pong. One that no ping has asked for is none of ours.
func (c *Conn) ponged(payload []byte) {
	if rtt, ok := c.keepAlive.match(payload); ok {
		c.set.observe(RoundTrip{Conn: c, Time: rtt})
	}
}

// Ping sends a ping and waits for its pong, for which somebody has to be reading the connection. It returns the
// round-trip time. If more than 16 pings wait for their pongs, the oldest one fails.
func (c *Conn) Ping(ctx context.Context) (time.Duration, error) { return c.ping(ctx, nil) }

// PingWith is [Conn.Ping] with a payload of the caller's, which is copied. The error for more than 125 bytes is
// [protocol.ErrControlTooLong], wrapped. A pong counts for the newest ping with its payload and for all before it: where several
// with the same payload wait at a time, the time can be too short.
func (c *Conn) PingWith(ctx context.Context, payload []byte) (time.Duration, error) {
	payload, err := ownPayload(payload)
	if err != nil {
		return 0, err
	}
	return c.ping(ctx, payload)
}

func (c *Conn) ping(ctx context.Context, payload []byte) (time.Duration, error) {
	p := c.keepAlive.next(payload, false)
	if err := c.writeControl(Frame{Fin: true, Opcode: protocol.OpPing, Payload: p.payload}, flushNow); err != nil {
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
