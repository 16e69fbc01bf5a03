package upgrade

import (
	"errors"
	"fmt"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// ErrIdle is what lies behind the *[CloseError] of a connection that ended because of IdleTimeout ([errors.Is] finds it in
// [Conn.Closed]).
var ErrIdle = errors.New("upgrade: connection is idle")

// idling is what the timer knows of messages. They read no clock: the timer looks whether there were any, several times
// within IdleTimeout.
type idling struct {
	at    time.Time // to look next; zero is never
	since time.Time // a look that found something
	seen  activity
}

// activity counts what is no control frame.
type activity struct {
	handed uint64 // times that the reader handed something on; known at once. Not counted for frames, some of which are control frames
	pieces uint64 // of inbound messages; known when the reader waits, and of frames at once
	staged uint64 // the same below frame stages, which pass on whole frames; known at once
	sent   uint64 // messages, and their chunks or fragments
}

// activity returns the counts, and whether something is being written.
func (c *Conn) activity() (now activity, busy bool) {
	c.writing.mu.Lock()
	now.sent, busy = c.messagesOut+c.chunksOut, c.busy
	c.writing.mu.Unlock()
	now.pieces = c.piecesIn.Load()
	if !c.framed.Load() {
		now.handed = c.owner.Load() &^ ownerMask
	}
	if c.staged != nil {
		now.staged = c.staged.piecesIn.Load()
	}
	return now, busy
}

// idlePeriod is the time between two looks, and so how late an ending can be.
func idlePeriod(timeout time.Duration) time.Duration { return max(timeout/8, 1) }

// checkIdle ends the connection if there was no message for too long.
func (c *Conn) checkIdle(now time.Time) {
	i := &c.keepAlive.idle
	timeout := c.set.IdleTimeout
	switch seen, busy := c.activity(); {
	case c.Closed() != nil:
		i.at = time.Time{}
		return
	case busy || seen != i.seen:
		i.since, i.seen = now, seen
	case now.Sub(i.since) >= timeout:
		i.at = time.Time{}
		c.goAway(&CloseError{Code: protocol.CloseGoingAway, Reason: fmt.Sprintf("no message for %v", timeout), Err: &LimitError{Limit: LimitIdle, setting: "Settings.IdleTimeout", err: ErrIdle}})
		return
	}
	i.at = earlier(now.Add(idlePeriod(timeout)), i.since.Add(timeout))
}
