package upgrade

import (
	"fmt"
	"math"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/internal/bucket"
	"github.com/wsflow/wsflow/protocol"
)

// A Rate is how many events there may be in what time, and how many at once after a pause: 20 in a second for
// Rate{N: 20, Per: time.Second}. The zero Rate is no limit.
type Rate = flow.Rate

// checkRate returns what is wrong with a rate.
func checkRate(setting string, r Rate) error {
	if r != (Rate{}) && (r.N < 1 || r.Per <= 0 || r.Burst < 0) {
		return fmt.Errorf("upgrade: %s: rate of N %d, Per %v, Burst %d is not positive", setting, r.N, r.Per, r.Burst)
	}
	return nil
}

// checkRates returns what is wrong with the rates of a connection.
func (s *Settings) checkRates() error {
	for _, of := range s.peerRates() {
		if err := checkRate(of.setting, of.rate); err != nil {
			return err
		}
	}
	return nil
}

type namedRate struct {
	rate          Rate
	limit         Limit
	setting, unit string
}

func (s *Settings) peerRates() [3]namedRate {
	return [...]namedRate{
		{s.MessageRate, LimitMessageRate, "Settings.MessageRate", "message"},
		{s.ControlRate, LimitControlRate, "Settings.ControlRate", "control frame"},
		{s.ByteRate, LimitByteRate, "Settings.ByteRate", "byte"},
	}
}

// rates judge how much a peer sends. They belong to the owner of the reader. All methods accept nil, which is a
// connection without.
//
// What counts is when something came, and not when we got around to reading it: while a handler holds the reader, a
// peer that keeps to the rate fills the network's buffers, and what is read of them then comes at once. So the time in which nobody
// read is slack: what flows in meanwhile is not lost where a bucket is full. Waiting for the peer uses the slack up again.
type rates struct {
	start time.Time
	now   time.Duration // when the last wait for the peer ended; what it brought is as old
	began time.Duration // when the last one began
	slack time.Duration

	messages, control, bytes *peerRate // nil for no limit
}

// A peerRate is one limit of one connection.
type peerRate struct {
	namedRate
	refill bucket.Rate
	level  bucket.Bucket
}

// newRates returns those of a connection of which so many bytes were read with the handshake.
func newRates(s *Settings, start time.Time, glued int) *rates {
	var limits [3]*peerRate
	none := true
	for i, of := range s.peerRates() {
		if of.rate != (Rate{}) {
			limits[i] = &peerRate{namedRate: of, refill: bucket.New(of.rate.N, of.rate.Per, of.rate.Burst)}
			none = false
		}
	}
	if none {
		return nil
	}
	if bytes := limits[2]; bytes != nil {
		_, _ = bytes.refill.Take(&bytes.level, 0, glued, math.MaxInt64) // judged with those that come next
	}
	return &rates{start: start, messages: limits[0], control: limits[1], bytes: limits[2]}
}

// waits notes that the socket is about to be read.
func (r *rates) waits() {
	if r != nil {
		r.began = time.Since(r.start)
		r.slack += r.began - r.now
	}
}

// waited notes that a read of the socket has returned.
func (r *rates) waited() {
	if r != nil {
		r.now = time.Since(r.start)
		r.slack = max(0, r.slack-(r.now-r.began))
	}
}

// came judges bytes that were read.
func (r *rates) came(n int) error {
	if r == nil {
		return nil
	}
	return r.take(r.bytes, n)
}

// socketRates returns what judges what the engine reads. With stages that is nobody: what the peer sent has been judged below
// them, and what they have made of it is theirs.
func (c *Conn) socketRates() *rates {
	if c.staged != nil {
		return nil
	}
	return c.rates
}

// judge fails the connection if it may have neither the message that an event begins nor the control frame that it is.
func (c *Conn) judge(ev protocol.Event) error {
	if err := c.socketRates().judge(ev); err != nil {
		return c.violated(err)
	}
	return nil
}

// judge returns the violation that an event is, if it is one.
func (r *rates) judge(ev protocol.Event) error {
	switch {
	case r == nil, ev.Type == protocol.EventClose:
		return nil
	case ev.Type != protocol.EventData:
		return r.take(r.control, 1)
	case ev.Start:
		return r.take(r.messages, 1)
	}
	return nil
}

// take returns the violation that n more are, if they are one.
func (r *rates) take(p *peerRate, n int) error {
	if p == nil {
		return nil
	}
	// A bucket that was full when the slack began has gone on filling since.
	if _, ok := p.refill.Take(&p.level, r.now-r.slack, n, r.slack); ok {
		return nil
	}
	return &CloseError{
		Code: protocol.ClosePolicyViolation, Reason: "more than " + describeRate(p.rate, p.unit),
		Err: &LimitError{Limit: p.limit, setting: p.setting},
	}
}

// tookTooLong is the violation of MessageTimeout.
func tookTooLong() error {
	return &CloseError{
		Code: protocol.ClosePolicyViolation, Reason: "message took too long",
		Err: &LimitError{Limit: LimitMessageTime, setting: "Settings.MessageTimeout"},
	}
}

// describeRate returns a rate in words, such as "20 messages a second".
func describeRate(r Rate, unit string) string {
	if r.N != 1 {
		unit += "s"
	}
	per := "in " + r.Per.String()
	switch r.Per {
	case time.Second:
		per = "a second"
	case time.Minute:
		per = "a minute"
	case time.Hour:
		per = "an hour"
	}
	return fmt.Sprintf("%d %s %s", r.N, unit, per)
}
