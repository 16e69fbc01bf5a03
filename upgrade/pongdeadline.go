package upgrade

import "time"

// A pongDeadline is when the pong of a keep-alive ping has to come.
//
// The deadline holds if the reader has heard nothing for PongTimeout. While other bytes arrive the pong may be behind them,
// in the peer's queue or in the midst of its message, so they postpone it, until it is quiet for as long: in all by
// MessageTimeout, which is how long the peer may take for a message. A peer that has something to say but never a pong is
// ended then. One message that may take longer, since it is streamed or there is no MessageTimeout, postpones
// it further: between its fragments a pong can come, inside a frame it cannot.
//
// While a handler holds the reader, nobody sees a pong, and the deadline stands still. The next ping's write tells then
// whether TCP still has a peer.
type pongDeadline struct {
	due    time.Time     // zero until the ping is written
	left   time.Duration // that other bytes may still postpone it by
	behind uint64        // the number of the long message that has postponed it, or 0
}

// A silence is how long the reader has waited and heard nothing, as far as the timer knows: it looks whenever it does
// something.
type silence struct {
	waits uint64 // of the connection
	since time.Time
}

func (c *Conn) listen(now time.Time) {
	s := &c.keepAlive.silence
	if waits := c.waits.Load(); waits != s.waits || waits%2 == 0 {
		s.waits, s.since = waits, now
	}
}

// startDeadline starts the deadline of a ping that was written.
func (c *Conn) startDeadline(p *ping) {
	p.left = c.set.MessageTimeout
	if p.left == 0 {
		p.left = defaultMessageTimeout
	}
	p.due = time.Now().Add(c.set.PongTimeout)
}

// checkPong ends the connection, and reports false, if a pong that is due has not come.
func (c *Conn) checkPong(now time.Time) bool {
	k := &c.keepAlive
	k.mu.Lock()
	p := k.asked
	k.mu.Unlock()
	if p == nil || !isDue(p.due, now) {
		return true
	}
	wait := k.silence.since.Add(c.set.PongTimeout).Sub(now)
	reading := k.silence.waits%2 != 0
	if reading && !c.isBehindLong(p) {
		wait = min(wait, p.left)
		p.left -= wait
	}
	if wait <= 0 {
		_ = c.drop("no pong came in time", nil)
		return false
	}
	p.due = now.Add(wait)
	return true
}

// isBehindLong reports whether a message without a time limit is under way that the pong may be behind: the first one. Before
// the next one it could have come.
func (c *Conn) isBehindLong(p *ping) bool {
	if !c.underWay.Load() || !c.set.Streaming && c.set.MessageTimeout > 0 {
		return false
	}
	number := c.messagesIn.Load() + 1
	if p.behind == 0 {
		p.behind = number
	}
	return p.behind == number
}
