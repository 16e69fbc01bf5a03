package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A flood is written while nothing that the endpoint sends is read.
type flood struct {
	written atomic.Int64
	frames  int   // begun, once done is closed
	err     error // of writing
	stop    atomic.Bool
	done    chan struct{}
}

const (
	// stall is how long an endpoint that takes nothing more is waited for.
	stall = 300 * time.Millisecond
	// A flood is floodFactor times the length of the longest message, and over a socket at least socketFlood, which is more
	// than its two ends hold: Linux grows the endpoint's buffers up to 32 MiB for what it reads, and 4 MiB for what it writes.
	floodFactor = 64
	socketFlood = 80 << 20
)

// unheard begins a connection of which nothing is read until [Play.hear], and returns how much to flood it with.
func (p *Play) unheard(size int64) int64 {
	total := size * floodFactor
	p.deaf = true
	nc := p.nc
	if secure, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = secure.NetConn()
	}
	if buffered, ok := nc.(interface {
		SetReadBuffer(n int) error
		SetWriteBuffer(n int) error
	}); ok { // so that it is known how much the network can hold
		total = max(total, socketFlood)
		_ = buffered.SetReadBuffer(64 << 10)
		_ = buffered.SetWriteBuffer(64 << 10)
	}
	p.shakeHands()
	return total
}

// flood begins to write frames, of so many bytes altogether, and returns when they are written, or the endpoint takes no more, or has ended.
func (p *Play) flood(total int64, frame func(i int) Frame) *flood {
	f := &flood{done: make(chan struct{})}
	if p.over() {
		close(f.done)
		return f
	}
	go func() {
		defer close(f.done)
		var b []byte
		for f.written.Load() < total && !f.stop.Load() {
			for b = b[:0]; len(b) < 16<<10; f.frames++ {
				b = frame(f.frames).appendTo(b, p.server, p.key())
			}
			_ = p.nc.SetWriteDeadline(time.Now().Add(patience))
			n, err := p.nc.Write(b)
			f.written.Add(int64(n))
			if err != nil {
				f.err = err
				return
			}
		}
	}()
	timer := time.NewTicker(stall)
	defer timer.Stop()
	for before := int64(-1); before != f.written.Load(); {
		before = f.written.Load()
		select {
		case <-f.done:
			return f
		case <-timer.C:
		}
	}
	return f
}

// hear begins to read what the endpoint has sent, and ends the flood.
func (p *Play) hear(f *flood, what string) {
	if p.over() {
		return
	}
	p.deaf = false
	p.listen()
	f.stop.Store(true)
	timer := time.NewTimer(max(p.timeout, patience))
	defer timer.Stop()
	select {
	case <-f.done:
	case <-timer.C:
		p.Fail("the endpoint takes nothing more, though it is read again")
		_ = p.nc.Close()
		<-f.done
	}
	p.record.sent(fmt.Sprintf("%d %s, while nothing was read", f.frames, what), 0)
	if f.err != nil {
		p.record.note("writing failed: " + f.err.Error())
	}
}

// floods are rows 46 and 48.
func floods(o Options) []Case {
	size := int64(cmp.Or(o.Size, defaultSize))
	own := func(c Case) Case { c.handshake = true; return c }
	return []Case{
		own(script("21.46.1", "pings, while their pongs are not read", "5.5.2, 10.4", step{
			"that not all of them are taken, or not more of them answered than a network holds; in any case, their pongs in order, then a text back and the closing handshake; or the end of the connection",
			func(p *Play) { p.pingFlood(p.unheard(size)) },
		})),
		own(script("21.48.1", "messages, while their echoes are not read", "10.4", step{
			"that not all of them are taken, and then all echoes and the closing handshake; or the end of the connection",
			func(p *Play) { p.messageFlood(p.unheard(size)) },
		})),
		own(script("21.48.2", "messages without end, while a byte of their echoes is read every second", "10.4", step{
			"the end of the connection, within 3 minutes", (*Play).drip,
		}).slow()),
	}
}

func numberedPing(i int) Frame { return pingFrame(fmt.Sprintf("%0125d", i)) }

// pingFlood reads the pongs of pings when all are written. RFC 6455, 5.5.3, lets an endpoint answer only the most recent of several.
func (p *Play) pingFlood(total int64) {
	f := p.flood(total, numberedPing)
	all := f.written.Load() >= total // otherwise it stops taking them, and so keeps no more than it likes
	p.hear(f, "pings of 125 bytes")
	p.Send(textFrame("after"))
	pongs, last, closing := int64(0), -1, false
	for {
		e, ok := p.await("pongs, a text, or the end of the connection", p.timeout)
		if !ok {
			return
		}
		var i int
		switch _, err := fmt.Sscanf(string(e.payload), "%d", &i); {
		case e.broken != "":
			p.Fail("got %v", e)
		case e.end != nil:
			return // which may come at any time
		case e.op == protocol.OpPong && (err != nil || i <= last):
			p.Fail("expected the pong of a ping after number %d, got %v", last, e)
		case e.op == protocol.OpPong:
			last = i
			if pongs += int64(len(e.payload)); all && pongs > total/2 {
				p.Fail("the endpoint kept more than %d bytes of pongs for a peer that did not read them", pongs)
			}
		case e.op == protocol.OpClose && closing && isClose(e, normal):
			if last != f.frames-1 {
				p.Fail("the last ping, number %d, is not answered", f.frames-1)
			}
			p.ExpectEnd()
			return
		case e.op == protocol.OpClose:
			p.Send(closeFrame(protocol.CloseNormal, ""))
			p.ExpectEnd()
			return
		case same(e, event{op: protocol.OpText, payload: []byte("after")}) && !closing:
			closing = true
			p.Send(closeFrame(protocol.CloseNormal, ""))
		default:
			p.Fail("expected pongs, a text, or the end of the connection, got %v", e)
		}
	}
}

// numberedMessage is one of 16 KiB.
func numberedMessage(i int) Frame {
	return binaryFrame(append(fmt.Appendf(nil, "%016d", i), bytes.Repeat([]byte{byte(i)}, 16<<10)...))
}

// messageFlood reads the echoes of messages when no more of them are taken.
func (p *Play) messageFlood(total int64) {
	f := p.flood(total, numberedMessage)
	if f.written.Load() >= total {
		p.Fail("the endpoint took %d bytes of messages from a peer that did not read their echoes", f.written.Load())
	}
	p.hear(f, "messages of 16 KiB")
	if f.err != nil {
		return // the connection has ended
	}
	for i := range f.frames {
		want := numberedMessage(i)
		e, ok := p.await(want.String(), p.timeout)
		switch {
		case !ok || e.end != nil:
			return
		case e.op == protocol.OpClose && e.broken == "":
			p.Send(closeFrame(protocol.CloseNormal, ""))
			p.ExpectEnd()
			return
		case !same(e, event{op: protocol.OpBinary, payload: want.Payload}):
			p.Fail("expected %v, got %v", want, e)
			return
		}
	}
	p.Close()
}

// drip reads a byte a second, until the endpoint has had enough.
func (p *Play) drip() {
	p.unheard(0)
	f := p.flood(1<<40, numberedMessage)
	end := time.Now().Add(patience)
	one := make([]byte, 1)
	for time.Now().Before(end) && !p.over() {
		_ = p.nc.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := p.nc.Read(one); n == 0 && err != nil && !isTimeout(err) {
			break
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-f.done:
			timer.Stop()
			p.record.note("writing failed: " + f.err.Error())
			return
		case <-timer.C:
		}
	}
	if !p.over() && time.Now().After(end) {
		p.Fail("expected the end of the connection within %v", patience)
	}
	f.stop.Store(true)
	_ = p.nc.Close()
	<-f.done
}
