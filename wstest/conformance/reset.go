package conformance

import (
	"net"
)

// resets: the end of a connection that loses what is on its way. A server has to go on with others.
func resets() []Case {
	rfc := "7.1.5"
	reset := step{"a new connection that works", func(p *Play) {
		p.reset()
		p.another()
	}}
	return []Case{
		script("21.45.7", "a reset of the connection", rfc, reset).only(ForServers),
		script("21.45.8", "a reset inside a text", rfc, begin(textFrame("Hello"), 3), reset).only(ForServers),
		script("21.45.9", "a reset between two fragments", rfc, send(first("Hel")), reset).only(ForServers),
		script("21.45.10", "a reset behind a large message, whose echo is not read", rfc, send(binaryFrame(octetsOf(65536))), reset).only(ForServers),
		script("21.45.11", "a reset behind a close frame", rfc, send(closeFrame(1000, "")), reset).only(ForServers),
	}
}

// reset ends the connection at once, with RST where there is such a thing.
func (p *Play) reset() {
	if p.over() {
		return
	}
	nc := p.nc
	if secure, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = secure.NetConn()
	}
	p.record.note("the suite resets the connection")
	switch nc := nc.(type) {
	case interface{ SetLinger(seconds int) error }:
		_ = nc.SetLinger(0)
	case interface{ Abort() }:
		nc.Abort()
	}
	_ = nc.Close()
}

// another holds a conversation over a connection of its own.
func (p *Play) another() {
	if p.over() {
		return
	}
	nc, err := p.dial(p.context)
	if err != nil {
		p.Fail("no connection: %v", err)
		return
	}
	p.record.note("another connection")
	other := &Play{setup: p.setup, nc: nc, record: p.record}
	other.shakeHands()
	if !other.over() {
		other.conversation()
	}
	other.hangUp()
	if other.over() {
		p.Fail("on another connection: %s", other.failed)
	}
}
