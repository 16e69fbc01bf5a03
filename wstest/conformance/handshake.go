package conformance

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// shakeHands holds the opening handshake, as it should be.
func (p *Play) shakeHands() {
	if !p.server {
		p.accept(p.response())
		return
	}
	ask := p.ask()
	p.sendRequest(ask.String())
	p.switched(ask)
}

// An ask is a client's part of the opening handshake.
type ask struct {
	line   string
	fields []string
	body   string // what follows, a body or frames
}

// ask returns one that is right.
func (p *Play) ask() ask {
	var nonce [16]byte
	rand.Read(nonce[:])
	a := ask{line: "GET " + p.target + " HTTP/1.1", fields: []string{
		"Host: " + p.host, "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: " + base64.StdEncoding.EncodeToString(nonce[:]), "Sec-WebSocket-Version: 13",
	}}
	for name, values := range p.header {
		for _, value := range values {
			a.fields = append(a.fields, name+": "+value)
		}
	}
	return a
}

func (a ask) String() string {
	return a.line + "\r\n" + strings.Join(a.fields, "\r\n") + "\r\n\r\n" + a.body
}

// field returns the value of a field.
func (a ask) field(name string) string {
	for _, field := range a.fields {
		if n, value, ok := strings.Cut(field, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sendRequest writes a request. A server that does not take it all may have answered.
func (p *Play) sendRequest(head string) {
	if p.over() {
		return
	}
	p.record.sent("request "+headShown(head), 0)
	p.write([]byte(head), 0)
}

// answer reads the head of a server's response. What comes behind it is kept for frames.
func (p *Play) answer() (*http.Response, error) {
	_ = p.nc.SetReadDeadline(time.Now().Add(p.timeout))
	chunk := make([]byte, 4<<10)
	for {
		if end := bytes.Index(p.unread, []byte("\r\n\r\n")); end >= 0 {
			head := p.unread[:end+4]
			p.unread = p.unread[end+4:]
			p.record.received("response " + headShown(string(head)))
			resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
			if err != nil {
				return nil, fmt.Errorf("a response that is not HTTP: %w", err)
			}
			return resp, nil
		}
		if len(p.unread) > 1<<20 {
			return nil, errors.New("a response of more than 1 MiB")
		}
		n, err := p.nc.Read(chunk)
		p.unread = append(p.unread, chunk[:n]...)
		if n == 0 && err != nil {
			p.record.note("no response: " + err.Error())
			return nil, err
		}
	}
}

// switched expects that the server switches to WebSocket (RFC 6455, 4.1).
func (p *Play) switched(a ask) {
	if p.over() {
		return
	}
	resp, err := p.answer()
	if err != nil {
		p.Fail("expected a response with status 101: %v", err)
		return
	}
	p.judgeSwitch(a, resp)
	p.listen()
}

func (p *Play) judgeSwitch(a ask, resp *http.Response) {
	h := resp.Header
	switch {
	case resp.StatusCode != http.StatusSwitchingProtocols:
		p.Fail("expected a response with status 101, got %s", resp.Status)
	case resp.Proto != "HTTP/1.1":
		p.Fail("the response has version %s", resp.Proto)
	case len(h.Values("Upgrade")) != 1 || !strings.EqualFold(h.Get("Upgrade"), "websocket"):
		p.Fail("Upgrade of the response is %q", h.Values("Upgrade"))
	case !hasToken(h.Values("Connection"), "upgrade"):
		p.Fail("Connection of the response is %q", h.Values("Connection"))
	case len(h.Values("Sec-Websocket-Accept")) != 1 || h.Get("Sec-Websocket-Accept") != acceptOf(a.field("Sec-WebSocket-Key")):
		p.Fail("Sec-WebSocket-Accept of the response is %q", h.Values("Sec-Websocket-Accept"))
	case len(h.Values("Sec-Websocket-Protocol")) > 0:
		p.Fail("the response has a subprotocol that is not asked for: %q", h.Values("Sec-Websocket-Protocol"))
	case len(h.Values("Sec-Websocket-Extensions")) > 0:
		p.Fail("the response has an extension that is not asked for: %q", h.Values("Sec-Websocket-Extensions"))
	}
}

// accept judges a client's part of the handshake and writes ours, right or wrong, with frames glued to it (RFC 6455, 4.2).
func (p *Play) accept(head string, glued ...Frame) {
	if p.judgeRequest(); p.over() {
		return
	}
	p.listen()
	p.record.sent("response "+headShown(head), 0)
	b := []byte(head)
	for _, f := range glued {
		p.record.sent(f.String(), 0)
		b = f.appendTo(b, false, p.key())
	}
	p.write(b, 0)
}

// response returns one that is right.
func (p *Play) response() string {
	return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		acceptOf(p.request.Header.Get("Sec-Websocket-Key")) + "\r\n\r\n"
}

func (p *Play) judgeRequest() {
	r := p.request
	h := r.Header
	keys := h.Values("Sec-Websocket-Key")
	p.record.received("request " + r.Method + " " + r.RequestURI + " " + r.Proto)
	switch {
	case r.Method != http.MethodGet:
		p.Fail("the request's method is %s", r.Method)
	case !r.ProtoAtLeast(1, 1):
		p.Fail("the request's version is %s", r.Proto)
	case r.Host == "":
		p.Fail("the request has no Host")
	case !hasToken(h.Values("Upgrade"), "websocket"):
		p.Fail("Upgrade of the request is %q", h.Values("Upgrade"))
	case !hasToken(h.Values("Connection"), "upgrade"):
		p.Fail("Connection of the request is %q", h.Values("Connection"))
	case len(keys) != 1 || !isNonce(keys[0]):
		p.Fail("Sec-WebSocket-Key of the request is %q", keys)
	case len(h.Values("Sec-Websocket-Version")) != 1 || h.Get("Sec-Websocket-Version") != "13":
		p.Fail("Sec-WebSocket-Version of the request is %q", h.Values("Sec-Websocket-Version"))
	case r.ContentLength != 0:
		p.Fail("the request has a body")
	}
}

// isNonce reports whether a key is 16 bytes in base64.
func isNonce(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(nonce) == 16
}

// acceptOf answers a key (RFC 6455, 4.2.2).
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken looks for a token in the values of a field that is a list.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(element), token) {
				return true
			}
		}
	}
	return false
}

// headShown is a head for a reader, with what follows it.
func headShown(head string) string {
	head, rest, _ := strings.Cut(head, "\r\n\r\n")
	const most = 400
	if len(head) > most {
		head = head[:most] + fmt.Sprintf("…, %d bytes", len(head))
	}
	lines := strings.ReplaceAll(strings.ToValidUTF8(head, "\uFFFD"), "\r\n", " | ")
	if rest != "" {
		lines += ", then " + shown(rest)
	}
	return lines
}

func hexadecimal(n int) string { return strconv.FormatInt(int64(n), 16) }

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
