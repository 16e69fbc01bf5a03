package main

import (
	"slices"

	"github.com/wsflow/wsflow/upgrade"
)

// A side is how one end of a connection is to see its ending.
type side struct {
	code     upgrade.CloseCode
	reason   string
	fromPeer bool
}

// judge compares how the connection has ended with the plan: how the client and the server saw it. err is what the client's Run
// returned.
func (c *session) judge(err error, ours, served *upgrade.CloseError) {
	if ours == nil || served == nil {
		c.fault("ended without a cause: client %v, server %v", ours, served)
		return
	}
	c.soak.count(c.plan, codes(ours, served))
	if c.ending == corrupted && c.hit() {
		c.wrong = nil // what was changed on its way may be wrong
		c.judgeCorrupted(ours, served)
		return
	}
	client, server := c.wanted()
	for _, end := range []struct {
		name string
		got  *upgrade.CloseError
		want side
	}{{"client", ours, client}, {"server", served, server}} {
		if got := (side{end.got.Code, end.got.Reason, end.got.FromPeer}); got != end.want && !isCut(got, end.want) {
			c.fault("the %s sees %+v, and not %+v (%v; Run: %v)", end.name, got, end.want, end.got, err)
		}
	}
	c.judgeCounts(client.code)
}

// isCut compares endings by a cut, whose reasons differ.
func isCut(got, want side) bool { return got.code == 1006 && want.code == 1006 && !got.fromPeer }

// wanted returns what the two ends are to see.
func (c *session) wanted() (client, server side) {
	code, reason, fromServer := upgrade.CloseCode(1000), "", false
	switch c.ending {
	case clientFails, clientCloses:
		code, reason = c.code, c.reason
	case serverFails:
		code, reason, fromServer = c.code, c.reason, true
	case serverCompletes:
		fromServer = true
	case serverErrs, serverPanics:
		code, fromServer = 1011, true
	case drained:
		code, reason, fromServer = c.serving.generation.code(), "server shuts down", true
	case cutFIN, cutRST, cutHalf, silenced:
		return side{code: 1006}, side{code: 1006}
	case clientCompletes, corrupted: // which has not met enough bytes
	}
	return side{code, reason, fromServer}, side{code, reason, !fromServer}
}

// judgeCounts compares how many messages each end has seen.
func (c *session) judgeCounts(code upgrade.CloseCode) {
	sent, got := c.sent.Load(), c.received.Load()
	received, replied := c.serving.received.Load(), c.serving.replied.Load()
	echoes := c.route != topic
	switch {
	case echoes && (received > sent || replied > received):
		c.fault("sent %d, arrived %d, replied %d", sent, received, replied)
	case code == 1006 && got > replied, code != 1006 && c.isServers() && got != replied:
		c.fault("replied %d, got %d", replied, got)
	case echoes && code != 1006 && !c.isServers() && (sent != received || sent != got):
		c.fault("sent %d, arrived %d, got %d", sent, received, got)
	case c.isServers() && c.ending != drained && replied != c.after:
		c.fault("replied %d, and not %d", replied, c.after)
	}
}

// judgeCorrupted accepts what bits that are wrong may lead to. Nothing, too: those of a ping mean nothing.
func (c *session) judgeCorrupted(ours, served *upgrade.CloseError) {
	possible := []upgrade.CloseCode{1000, 1002, 1006, 1007, 1008, 1009, garbled}
	for name, got := range map[string]*upgrade.CloseError{"client": ours, "server": served} {
		if !slices.Contains(possible, got.Code) {
			c.fault("corrupted, the %s sees %v", name, got)
		}
	}
}

// hit reports whether bits were flipped.
func (c *session) hit() bool {
	toServer, toClient := c.relay.Load().Counts()
	return toServer.Corrupted+toClient.Corrupted > 0
}
