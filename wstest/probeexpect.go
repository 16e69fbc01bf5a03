package wstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// ExpectMessage waits for the next message and returns it, strict: a streamed one is collected.
func (p *WSProbe) ExpectMessage() message.Message {
	p.tb.Helper()
	return p.next("a message")
}

// ExpectText waits for the next message, which has to be this text.
func (p *WSProbe) ExpectText(want string) {
	p.tb.Helper()
	p.expect(message.Text(want))
}

// ExpectBinary waits for the next message, which has to be binary and have these bytes.
func (p *WSProbe) ExpectBinary(want []byte) {
	p.tb.Helper()
	p.expect(message.Binary(want))
}

func (p *WSProbe) expect(want message.Message) {
	p.tb.Helper()
	got := p.next(want.String())
	if !got.Equal(want) {
		p.fail("expected %v, got %v%s", want, got, firstDifference(want.Text(), got.Text()))
	}
}

// firstDifference helps where two long contents begin alike.
func firstDifference(want, got string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	if at < 16 {
		return ""
	}
	return fmt.Sprintf(" (the first %d bytes are equal, then %.32q, got %.32q)", at, want[at:], got[at:])
}

// ExpectJSON waits for the next message, which has to be text with the JSON that encoding/json makes of want,
// up to spaces and the order of keys.
func (p *WSProbe) ExpectJSON(want any) {
	p.tb.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		p.fail("ExpectJSON: %v", err)
	}
	got := p.next("JSON " + string(text))
	switch {
	case !got.IsText():
		p.fail("expected JSON %s, got %v", text, got)
	case !equalJSON(text, got.Bytes()):
		p.fail("expected JSON %s, got %s", text, got.Text())
	}
}

func equalJSON(a, b []byte) bool {
	x, errX := parseJSON(a)
	y, errY := parseJSON(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// parseJSON keeps numbers as they are written: a float64 would make different large ones equal.
func parseJSON(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("wstest: more than one JSON value")
	}
	return v, nil
}

// ExpectMessageFunc waits for the next message, for which ok has to be true, and returns it.
func (p *WSProbe) ExpectMessageFunc(ok func(message.Message) bool) message.Message {
	p.tb.Helper()
	m := p.next("a message that matches")
	if !ok(m) {
		p.fail("expected a message that matches, got %v", m)
	}
	return m
}

// ExpectNoMessage waits for d, in which neither a message nor the end may come.
func (p *WSProbe) ExpectNoMessage(d time.Duration) {
	p.tb.Helper()
	m, got := p.receive(d)
	switch got {
	case gotMessage:
		p.fail("expected no message within %v, got %v", d, m)
	case gotEnd:
		p.fail("expected no message within %v, and the connection ended: %s", d, p.ending())
	}
}

// ExpectCompletion waits for the end, which has to be clean: a closing with 1000, 1001 or no code, whoever began it.
func (p *WSProbe) ExpectCompletion() {
	p.tb.Helper()
	p.awaitEnd("the connection to complete")
	if err := p.endError(); err != nil {
		p.fail("expected the connection to complete, and it failed: %s", p.ending())
	}
}

// ExpectFailure waits for the end, which has to be a failure, and returns it: a *[upgrade.CloseError], unless
// it is the test's own.
func (p *WSProbe) ExpectFailure() error {
	p.tb.Helper()
	p.awaitEnd("the connection to fail")
	err := p.endError()
	if err == nil {
		p.fail("expected the connection to fail, and it completed: %s", p.ending())
	}
	return err
}

// ExpectClose waits for the end, which has to have this code, whoever gave it, and returns it with the reason
// and who gave it.
func (p *WSProbe) ExpectClose(want upgrade.CloseCode) *upgrade.CloseError {
	p.tb.Helper()
	p.awaitEnd(fmt.Sprintf("the connection to close with %v", want))
	closed := p.closed()
	if closed == nil || closed.Code != want {
		p.fail("expected the connection to close with %v, and it ended: %s", want, p.ending())
	}
	return closed
}

// next waits for a message.
func (p *WSProbe) next(want string) message.Message {
	p.tb.Helper()
	m, got := p.receive(p.timeout())
	switch got {
	case gotNothing:
		p.fail("expected %s, and nothing came within %v%s", want, p.timeout(), p.excuse())
	case gotEnd:
		p.fail("expected %s, and the connection ended: %s", want, p.ending())
	}
	return m
}

func (p *WSProbe) awaitEnd(want string) {
	p.tb.Helper()
	m, got := p.receive(p.timeout())
	switch got {
	case gotMessage:
		p.fail("expected %s, got %v", want, m)
	case gotNothing:
		p.fail("expected %s, and it is still open after %v%s", want, p.timeout(), p.excuse())
	}
}

// What receive got.
type received uint8

const (
	gotNothing received = iota
	gotMessage
	gotEnd
)

// receive waits for a message or the end, whichever comes first.
func (p *WSProbe) receive(d time.Duration) (message.Message, received) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.ready:
	case <-timer.C:
		return message.Message{}, gotNothing
	}
	select {
	case m := <-p.inbox:
		return m, gotMessage
	case <-timer.C:
		return message.Message{}, gotNothing
	case <-p.ended:
	}
	select {
	case m := <-p.inbox: // it came before the end
		return m, gotMessage
	default:
		return message.Message{}, gotEnd
	}
}

func (p *WSProbe) excuse() string {
	if p.claimed.Load() {
		return ""
	}
	return ": the probe has no connection"
}

func (p *WSProbe) endError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// closed returns how the connection ended, for which it waits if the input has ended before.
func (p *WSProbe) closed() *upgrade.CloseError {
	p.mu.Lock()
	conn := p.conn
	p.mu.Unlock()
	if conn == nil {
		return nil
	}
	for deadline := time.Now().Add(p.timeout()); ; time.Sleep(time.Millisecond) {
		closed := conn.Closed()
		if closed != nil || time.Now().After(deadline) {
			return closed
		}
	}
}

// ending describes the end.
func (p *WSProbe) ending() string {
	if closed := p.closed(); closed != nil {
		return closed.Error()
	}
	if err := p.endError(); err != nil {
		return err.Error()
	}
	return "complete"
}
