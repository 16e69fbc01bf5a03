package wstest

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// SendText sends a text message: one chunk as a whole, in one frame; several, or none, as a streamed message with a
// frame for each chunk. A chunk may end inside a code point.
func (p *WSProbe) SendText(chunks ...string) {
	p.tb.Helper()
	if len(chunks) == 1 {
		p.SendMessage(message.Text(chunks[0]))
		return
	}
	p.SendMessage(message.TextStream(flow.Of(slices.Clone(chunks)...)))
}

// SendBinary sends a binary message, in chunks as [WSProbe.SendText] does. It takes them over.
func (p *WSProbe) SendBinary(chunks ...[]byte) {
	p.tb.Helper()
	if len(chunks) == 1 {
		p.SendMessage(message.Binary(chunks[0]))
		return
	}
	p.SendMessage(message.BinaryStream(flow.Of(slices.Clone(chunks)...)))
}

// SendJSON sends v as the text that encoding/json makes of it.
func (p *WSProbe) SendJSON(v any) {
	p.tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		p.fail("SendJSON: %v", err)
	}
	p.SendMessage(message.Text(string(text)))
}

// SendMessage sends a message, strict or streamed.
//
// A Send method returns when the messages before it are on the wire, and so waits for a peer that does not read.
func (p *WSProbe) SendMessage(m message.Message) {
	p.tb.Helper()
	p.say("SendMessage", command{message: m})
	p.note("-> %v", m)
}

// SendCompletion closes the connection with 1000 once all before it is sent. What the peer still says arrives,
// up to its own close frame.
func (p *WSProbe) SendCompletion() {
	p.tb.Helper()
	p.SendClose(protocol.CloseNormal, "")
}

// SendClose closes the connection with a code and a reason, as [WSProbe.SendCompletion] does.
func (p *WSProbe) SendClose(code upgrade.CloseCode, reason string) {
	p.tb.Helper()
	if !code.IsSendable() && code != protocol.CloseNoStatus {
		p.fail("SendClose: close code %v may not be sent", code)
	}
	p.sayLast("SendClose", command{close: &upgrade.CloseError{Code: code, Reason: reason}})
	p.note("-> close %v %q", code, reason)
}

// SendError fails the probe's flow: the connection is closed with 1011, or the code of a [upgrade.CloseError],
// and what the peer still says is lost.
func (p *WSProbe) SendError(err error) {
	p.tb.Helper()
	if err == nil {
		p.fail("SendError: no error")
	}
	p.sayLast("SendError", command{fail: err})
	p.note("-> error %v", err)
}

func (p *WSProbe) sayLast(verb string, c command) {
	p.tb.Helper()
	p.say(verb, c)
	p.mu.Lock()
	p.said = true
	p.mu.Unlock()
}

// say waits until the flow takes the command.
func (p *WSProbe) say(verb string, c command) {
	p.tb.Helper()
	p.mu.Lock()
	said := p.said
	p.mu.Unlock()
	if said {
		p.fail("%s: the probe has closed the connection before", verb)
	}
	timer := time.NewTimer(p.timeout())
	defer timer.Stop()
	outbox := p.outbox
	if p.hasEnded() {
		outbox = nil
	}
	select {
	case outbox <- c:
	case <-p.ended:
		p.fail("%s: the connection has ended: %s", verb, p.ending())
	case <-timer.C:
		if !p.claimed.Load() {
			p.fail("%s: the probe has no connection", verb)
		}
		p.fail("%s: the message before it was not taken within %v", verb, p.timeout())
	}
}

func (p *WSProbe) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
