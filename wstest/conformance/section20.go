package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A hello is a request that differs from the right one, and what has to come of it. Its row is that of the list of hostile inputs.
type hello struct {
	row, n int
	title  string
	edit   func(p *Play, a *ask)
	want   outcome
	rfc    string
}

// An outcome says what has to come of a request, and sees to it.
type outcome struct {
	says  string
	check func(p *Play, a ask)
}

// opening: requests that a server has to take, and others that it must not. For clients, see section 20.19.
func opening(o Options) []Case {
	var cases []Case
	for _, h := range slices.Concat(rightRequests(), wrongRequests(), wrongKeys(), origins(o), lists(), offers(), sizes(), bodies()) {
		c := script(fmt.Sprintf("20.%d.%d", h.row, h.n), h.title, h.rfc, step{h.want.says, func(p *Play) {
			a := p.ask()
			if h.edit != nil {
				h.edit(p, &a)
			}
			p.sendRequest(a.String())
			h.want.check(p, a)
		}})
		c.Side, c.handshake = ForServers, true
		cases = append(cases, c)
	}
	cases = append(cases, requestInPieces()...)
	return append(cases, answers()...)
}

var (
	// accepted is a connection that works.
	accepted = outcome{"status 101, a text back, and the closing handshake", func(p *Play, a ask) {
		p.switched(a)
		p.conversation()
	}}

	// notSwitched is for requests that are no opening handshake, and may be answered as any other.
	notSwitched = outcome{"any status but 101; with 426, Upgrade: websocket", func(p *Play, _ ask) {
		if resp := p.refusal(); resp != nil && resp.StatusCode == http.StatusSwitchingProtocols {
			p.Fail("expected a status other than 101, got %s", resp.Status)
		}
	}}

	// noVersion is a refusal that names ours.
	noVersion = outcome{"status 426 or 400, with Sec-WebSocket-Version: 13", func(p *Play, _ ask) {
		resp := p.refusal(http.StatusUpgradeRequired, http.StatusBadRequest)
		if resp != nil && !hasToken(resp.Header.Values("Sec-Websocket-Version"), "13") {
			p.Fail("Sec-WebSocket-Version of the response is %q", resp.Header.Values("Sec-Websocket-Version"))
		}
	}}
)

// refused is a response with one of these statuses.
func refused(statuses ...int) outcome {
	return outcome{statusesShown(statuses), func(p *Play, _ ask) { p.refusal(statuses...) }}
}

// declined is a refusal, or a connection for which what is malformed counts for nothing.
func declined(statuses ...int) outcome {
	return outcome{statusesShown(statuses) + ", or 101 without it and a connection that works", func(p *Play, a ask) {
		resp, err := p.answer()
		switch {
		case err != nil:
			p.Fail("expected a response: %v", err)
		case resp.StatusCode == http.StatusSwitchingProtocols:
			p.judgeSwitch(a, resp)
			p.listen()
			p.conversation()
		case !slices.Contains(statuses, resp.StatusCode):
			p.Fail("expected %s or 101, got %s", statusesShown(statuses), resp.Status)
		}
	}}
}

// stopped is a refusal, or the end of the connection, whatever else is still to be sent.
func stopped(statuses ...int) outcome {
	return outcome{statusesShown(statuses) + ", or the end of the connection", func(p *Play, _ ask) {
		resp, err := p.answer()
		if err != nil && isTimeout(err) {
			p.Fail("expected %s or the end of the connection: %v", statusesShown(statuses), err)
		} else if err == nil && !slices.Contains(statuses, resp.StatusCode) {
			p.Fail("expected %s, got %s", statusesShown(statuses), resp.Status)
		}
	}}
}

func statusesShown(statuses []int) string {
	var names []string
	for _, status := range statuses {
		name := decimal(status)
		switch status {
		case http.StatusMethodNotAllowed:
			name += " with Allow"
		case http.StatusUpgradeRequired:
			name += " with Upgrade: websocket"
		}
		names = append(names, name)
	}
	return "status " + strings.Join(names, " or ")
}

// refusal expects a response with one of these statuses, or any if there are none, and its fields to go with it.
func (p *Play) refusal(statuses ...int) *http.Response {
	if p.over() {
		return nil
	}
	resp, err := p.answer()
	switch {
	case err != nil:
		p.Fail("expected a response: %v", err)
		return nil
	case len(statuses) > 0 && !slices.Contains(statuses, resp.StatusCode):
		p.Fail("expected %s, got %s", statusesShown(statuses), resp.Status)
	// RFC 7231, 6.5.5: "The origin server MUST generate an Allow header field in a 405 response".
	case resp.StatusCode == http.StatusMethodNotAllowed && !hasToken(resp.Header.Values("Allow"), "GET"):
		p.Fail("Allow of the response is %q", resp.Header.Values("Allow"))
	// RFC 7231, 6.5.15: "The server MUST send an Upgrade header field in a 426 response".
	case resp.StatusCode == http.StatusUpgradeRequired && !hasToken(resp.Header.Values("Upgrade"), "websocket"):
		p.Fail("Upgrade of the response is %q", resp.Header.Values("Upgrade"))
	}
	return resp
}

// conversation shows that the connection works.
func (p *Play) conversation() {
	p.Send(textFrame("Hello"))
	p.ExpectMessage(textFrame("").Opcode, []byte("Hello"))
	p.Close()
}

// requestInPieces are requests as slow or split networks deliver them.
func requestInPieces() []Case {
	var cases []Case
	add := func(slow bool, id, title, says string, play func(p *Play)) {
		c := script(id, title, "4.2", step{says, play})
		c.Side, c.handshake, c.Slow = ForServers, true, slow
		cases = append(cases, c)
	}
	for i, n := range []int{1, 40} {
		add(false, "20.17."+decimal(4+i), fmt.Sprintf("a right request in pieces of %d bytes", n), accepted.says, func(p *Play) {
			a := p.ask()
			p.record.sent("request "+headShown(a.String()), n)
			p.write([]byte(a.String()), n)
			accepted.check(p, a)
		})
	}
	add(true, "20.15.1", "a request of which a byte comes every second, without end",
		"the end of the connection, or status 408 or 400, within 3 minutes", (*Play).trickle)
	add(true, "20.16.4", "a Content-Length of 5, and never a body",
		"status 400 or 408 or 413, or the end of the connection, within 3 minutes", func(p *Play) {
			p.timeout = max(p.timeout, patience)
			a := p.ask()
			body("Content-Length: 5", "")(p, &a)
			p.sendRequest(a.String())
			stopped(400, 408, 413).check(p, a)
		})
	return cases
}

// trickle sends a request a byte a second until the server has had enough.
func (p *Play) trickle() {
	p.record.sent("a request of which a byte comes every second", 0)
	end := time.Now().Add(max(p.timeout, patience))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.timeout = time.Until(end)
		stopped(http.StatusRequestTimeout, http.StatusBadRequest).check(p, ask{})
	}()
	head := p.ask().line + "\r\nHost: " + p.host + "\r\nX-Endless: "
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-ended:
			return
		case <-ticker.C:
			c := byte('x')
			if i < len(head) {
				c = head[i]
			}
			_ = p.nc.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = p.nc.Write([]byte{c})
		}
	}
}
