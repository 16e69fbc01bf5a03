package frames

import (
	"cmp"
	"sync"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// AutoPing sends pings, and times them and all that come from above it: the user's, and those of the connection's own keep-alive.
// It hides the pongs of its own pings and passes on all others. It answers no pings, and ends no connection: that is what
// PingInterval, PongTimeout and PingPayload of [upgrade.Settings] are for, which most want instead, with
// [upgrade.Conn.RoundTripTimes]. AutoPing is for pings of other stages and of frame handlers, and for a second rhythm besides.
//
// The zero value sends nothing, and remembers the last 16 pings.
type AutoPing struct {
	// Interval is the time from one ping to the next. 0 or less means that none are sent.
	Interval time.Duration

	// Payload returns the payload of the next ping, up to 125 bytes. It may be called for many connections at a time. nil stands for
	// a counter of one byte.
	Payload func() []byte

	// Memory is how many pings wait for their pongs; older ones are forgotten. 0 means 16.
	Memory int

	// RoundTrip gets the time of each ping whose pong has come, and its payload, which is the callee's to keep. It is called by the
	// one who reads the connection, which it holds up. nil is none.
	RoundTrip func(c *upgrade.Conn, ping []byte, rtt time.Duration)
}

type autoPing struct {
	AutoPing
	c    *upgrade.Conn
	down upgrade.FrameFunc

	mu    sync.Mutex
	sent  []sentPing // oldest first
	count byte
	over  bool // our close frame was sent, or the connection is lost
	timer *time.Timer
}

type sentPing struct {
	payload []byte
	at      time.Time
	own     bool
}

// Stage is an [upgrade.FrameStage].
func (a AutoPing) Stage(c *upgrade.Conn, up, down upgrade.FrameFunc) (in, out upgrade.FrameFunc) {
	p := &autoPing{AutoPing: a, c: c, down: down}
	p.Memory = max(cmp.Or(a.Memory, 16), 1)
	if a.Interval > 0 {
		p.mu.Lock()
		p.timer = time.AfterFunc(a.Interval, p.due)
		p.mu.Unlock()
	}
	in = func(f upgrade.Frame) error {
		if f.Opcode == protocol.OpPong && p.pong(f.Payload) {
			return nil
		}
		return up(f)
	}
	out = func(f upgrade.Frame) error {
		switch f.Opcode {
		case protocol.OpPing:
			p.remember(f.Payload, false)
		case protocol.OpClose:
			p.stop()
		default:
		}
		return down(f)
	}
	return in, out
}

// due sends a ping.
func (p *autoPing) due() {
	var payload []byte
	var failed error
	flow.Guard(func(err error) { failed = err }, func() error {
		payload = p.next()
		return nil
	})
	if failed != nil {
		p.c.Fail(failed)
		return
	}
	p.remember(payload, true)
	if p.down(upgrade.Frame{Fin: true, Opcode: protocol.OpPing, Payload: payload}) != nil {
		p.stop()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.timer.Reset(p.Interval)
	}
}

func (p *autoPing) next() []byte {
	if p.Payload != nil {
		return p.Payload()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	return []byte{p.count}
}

func (p *autoPing) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	if p.timer != nil {
		p.timer.Stop()
	}
}

func (p *autoPing) remember(payload []byte, own bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sent) == p.Memory {
		p.sent = append(p.sent[:0], p.sent[1:]...)
	}
	p.sent = append(p.sent, sentPing{append([]byte(nil), payload...), time.Now(), own})
}

// pong matches a pong, and reports whether it answers a ping of our own. It also answers those before, which are forgotten.
//
// RFC 6455, 5.5.3: "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping
// frame(s), the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
func (p *autoPing) pong(payload []byte) bool {
	p.mu.Lock()
	at := -1
	for i, s := range p.sent {
		if string(s.payload) == string(payload) {
			at = i
			break
		}
	}
	if at < 0 {
		p.mu.Unlock()
		return false
	}
	s := p.sent[at]
	rtt := time.Since(s.at)
	p.sent = append(p.sent[:0], p.sent[at+1:]...)
	p.mu.Unlock()
	if p.RoundTrip != nil {
		p.RoundTrip(p.c, s.payload, rtt)
	}
	return s.own
}
