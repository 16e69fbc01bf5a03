package upgrade

import "time"

// A pongDeadline is when the pong of a keep-alive ping has to come. All of it is the timer's own.
//
// The deadline holds if one read of the socket has waited all the while. While other bytes arrive the pong may be
// behind them, in the peer's queue or in the midst of its message, so they postpone it: each time by PongTimeout, in all by
// MessageTimeout, which is how long the peer may take for a message. A peer that has something to say but never a pong is
// ended then. One message that may take longer, since it is streamed or there is no MessageTimeout, postpones
// it further: between its fragments a pong can come, inside a frame it cannot.
//
// While a handler holds the reader, nobody sees a pong, and the deadline stands still. The next ping's write tells then
// whether TCP still has a peer.
type pongDeadline struct {
	due  time.Time     // zero until the ping is written
	left time.Duration // that other bytes may still postpone it by
	seen arrivals      // when the deadline was set
}

// arrivals is what the timer knows of what comes in.
type arrivals struct {
	waits    uint64 // odd while a read of the socket waits
	messages uint64 // complete ones
	open     bool   // a message is under way
}

func (c *Conn) arrivals() arrivals {
	return arrivals{waits: c.waits.Load(), messages: c.messagesIn.Load(), open: c.underWay.Load()}
}

// startDeadline starts the deadline of a ping that was written.
func (c *Conn) startDeadline(p *ping) {
	if !p.judged {
		return
	}
	p.left = c.set.MessageTimeout
	if p.left == 0 {
		p.left = defaultMessageTimeout
	}
	p.seen = c.arrivals()
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
	step, seen := c.set.PongTimeout, c.arrivals()
	switch {
	case seen.waits%2 == 0: // the reader is a handler's
	case seen.waits == p.seen.waits:
		step = 0
	case seen.open && seen.messages == p.seen.messages && (c.set.Streaming || c.set.MessageTimeout == 0):
	default:
		step = min(step, p.left)
		p.left -= step
	}
	if step == 0 {
		_ = c.drop("no pong came in time", nil)
		return false
	}
	p.seen, p.due = seen, now.Add(step)
	return true
}
