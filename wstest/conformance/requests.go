package conformance

import (
	"net/http"
	"strings"
)

// set replaces a field, or adds it.
func set(name, value string) func(*Play, *ask) {
	return func(_ *Play, a *ask) { without(name)(nil, a); a.fields = append(a.fields, name+": "+value) }
}

// plus adds a field.
func plus(name, value string) func(*Play, *ask) {
	return func(_ *Play, a *ask) { a.fields = append(a.fields, name+": "+value) }
}

// without leaves a field out.
func without(name string) func(*Play, *ask) {
	return func(_ *Play, a *ask) {
		var kept []string
		for _, field := range a.fields {
			if n, _, _ := strings.Cut(field, ":"); !strings.EqualFold(n, name) {
				kept = append(kept, field)
			}
		}
		a.fields = kept
	}
}

// line rewrites the first line.
func line(rewrite func(p *Play, line string) string) func(*Play, *ask) {
	return func(p *Play, a *ask) { a.line = rewrite(p, a.line) }
}

func method(name string) func(*Play, *ask) {
	return line(func(_ *Play, line string) string { return name + strings.TrimPrefix(line, "GET") })
}

// body adds a field that announces a body, and the body.
func body(field, content string) func(*Play, *ask) {
	return func(_ *Play, a *ask) { a.fields, a.body = append(a.fields, field), content }
}

// glued puts frames behind the request.
func glued(frames ...Frame) func(*Play, *ask) {
	return func(p *Play, a *ask) {
		for _, f := range frames {
			a.body += string(f.appendTo(nil, true, p.key()))
		}
	}
}

func rightRequests() []hello {
	lower := func(_ *Play, a *ask) {
		for i, field := range a.fields {
			name, value, _ := strings.Cut(field, ":")
			a.fields[i] = strings.ToLower(name) + ":" + strings.TrimSpace(value)
		}
	}
	absolute := line(func(p *Play, _ string) string { return "GET http://" + p.host + p.target + " HTTP/1.1" })
	afterwards := eager("status 101, both texts back, and the closing handshake", func(p *Play) {
		p.ExpectMessage(textFrame("").Opcode, []byte("early"))
		p.conversation()
	})
	inBetween := eager("status 101, the pong, the texts back, and the closing handshake", func(p *Play) {
		p.ExpectPong([]byte("early"))
		p.ExpectMessage(textFrame("").Opcode, []byte("early"))
		p.conversation()
	})
	return []hello{
		{0, 1, "a request as it should be", nil, accepted, "4.2"},
		{0, 2, "the key of RFC 6455, 1.3", set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), accepted, "4.2.2"},
		{0, 3, "a key of zeros", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), accepted, "4.2.2"},
		{0, 4, "names of fields in lower case, without spaces", lower, accepted, "4.2.1"},
		{0, 5, "a target in absolute form", absolute, accepted, "4.2.1"},
		{0, 6, "a field that nobody knows", plus("X-Unknown", "yes"), accepted, "4.2.1"},
		{4, 1, "Connection: keep-alive, Upgrade", set("Connection", "keep-alive, Upgrade"), accepted, "4.2.1"},
		{4, 2, "Connection: UPGRADE", set("Connection", "UPGRADE"), accepted, "4.2.1"},
		{4, 3, "two Connection fields, keep-alive and upgrade", twice("Connection", "keep-alive", "upgrade"), accepted, "4.2.1"},
		{4, 4, "Upgrade: WebSocket", set("Upgrade", "WebSocket"), accepted, "4.2.1"},
		{4, 5, "Upgrade: WEBSOCKET", set("Upgrade", "WEBSOCKET"), accepted, "4.2.1"},
		{5, 1, "Upgrade: h2c, websocket", set("Upgrade", "h2c, websocket"), accepted, "4.2.1"},
		{5, 2, "two Upgrade fields, h2c and websocket", twice("Upgrade", "h2c", "websocket"), accepted, "4.2.1"},
		{17, 1, "a text glued to the request", glued(textFrame("early")), afterwards, "4.1"},
		{17, 2, "a ping and a text glued to the request", glued(pingFrame("early"), textFrame("early")), inBetween, "4.1"},
		{
			17, 3, "a fragmented text with a ping inside, glued to the request",
			glued(first("ea"), pingFrame("early"), last("rly")), inBetween, "4.1",
		},
	}
}

// eager is what may come of frames that a client sends too early. RFC 6455, 4.1: "Once the client's opening handshake has been sent, the client MUST
// wait for a response from the server before sending any further data." So a server may refuse; what it must not do is to lose them.
func eager(says string, then func(p *Play)) outcome {
	return outcome{says + "; or any other status, or the end of the connection", func(p *Play, a ask) {
		resp, err := p.answer()
		switch {
		case err != nil && isTimeout(err):
			p.Fail("expected a response or the end of the connection: %v", err)
		case err == nil && resp.StatusCode == http.StatusSwitchingProtocols:
			p.judgeSwitch(a, resp)
			p.listen()
			then(p)
		}
	}}
}

func twice(name, one, other string) func(*Play, *ask) {
	return func(p *Play, a *ask) { set(name, one)(p, a); plus(name, other)(p, a) }
}

func wrongRequests() []hello {
	oldHTTP := line(func(_ *Play, line string) string { return strings.TrimSuffix(line, "1") + "0" })
	return []hello{
		{1, 1, "the method POST", method("POST"), refused(405, 400, 501), "4.2.1"},
		{1, 2, "the method PUT", method("PUT"), refused(405, 400, 501), "4.2.1"},
		{1, 3, "the method DELETE", method("DELETE"), refused(405, 400, 501), "4.2.1"},
		{2, 1, "HTTP/1.0", oldHTTP, refused(505, 400, 426), "4.2.1"},
		{3, 1, "no Upgrade", without("Upgrade"), notSwitched, "4.2.1"},
		{3, 2, "no Connection", without("Connection"), notSwitched, "4.2.1"},
		{3, 3, "Upgrade: h2c", set("Upgrade", "h2c"), notSwitched, "4.2.1"},
		{3, 4, "Connection: keep-alive", set("Connection", "keep-alive"), notSwitched, "4.2.1"},
		{3, 5, "Upgrade: websockets", set("Upgrade", "websockets"), notSwitched, "4.2.1"},
		{8, 1, "no version", without("Sec-WebSocket-Version"), noVersion, "4.2.2, 4.4"},
		{8, 2, "version 12", set("Sec-WebSocket-Version", "12"), noVersion, "4.2.2, 4.4"},
		{8, 3, "version 14", set("Sec-WebSocket-Version", "14"), noVersion, "4.2.2, 4.4"},
		{8, 4, "version 0", set("Sec-WebSocket-Version", "0"), noVersion, "4.2.2, 4.4"},
		{8, 5, "version 13, 8", set("Sec-WebSocket-Version", "13, 8"), noVersion, "4.2.2, 4.4"},
		{8, 6, "version 013", set("Sec-WebSocket-Version", "013"), noVersion, "4.2.2, 4.4"},
		{9, 1, "no Host", without("Host"), refused(400), "4.2.1"},
		{9, 2, "Host: [::", set("Host", "[::"), refused(400), "4.2.1"},
		{9, 3, "two Hosts", plus("Host", "elsewhere.example"), refused(400), "4.2.1"},
	}
}

func wrongKeys() []hello {
	return []hello{
		{6, 1, "no key", without("Sec-WebSocket-Key"), refused(400), "4.2.1"},
		{6, 2, "an empty key", set("Sec-WebSocket-Key", ""), refused(400), "4.2.1"},
		{6, 3, "a key of 15 bytes", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), refused(400), "4.2.1"},
		{6, 4, "a key of 17 bytes", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA="), refused(400), "4.2.1"},
		{6, 5, "a key that is not base64", set("Sec-WebSocket-Key", "not a key, not a key, no"), refused(400), "4.2.1"},
		{6, 6, "a key without its padding", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA"), refused(400), "4.2.1"},
		{7, 1, "two keys", plus("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), refused(400), "11.3.1"},
		{7, 2, "two keys in one field", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==, AAAAAAAAAAAAAAAAAAAAAA=="), refused(400), "11.3.1"},
	}
}

// origins: a page of another site, unless the server takes those.
func origins(o Options) []hello {
	foreign := refused(403)
	if o.AnyOrigin {
		foreign = accepted
	}
	origin := func(of func(host string) string) func(*Play, *ask) {
		return func(p *Play, a *ask) { set("Origin", of(p.host))(p, a) }
	}
	return []hello{
		{10, 1, "the origin of another site", set("Origin", "https://evil.example"), foreign, "10.2"},
		{10, 2, "the origin null", set("Origin", "null"), foreign, "10.2"},
		{10, 3, "an origin that our host is the beginning of", origin(func(host string) string { return "https://" + host + ".evil.example" }), foreign, "10.2"},
		{10, 4, "an origin that our host is the end of", origin(func(host string) string { return "https://evil" + host }), foreign, "10.2"},
		{10, 5, "an origin with our host as its user", origin(func(host string) string { return "https://" + host + "@evil.example" }), foreign, "10.2"},
		{10, 6, "the server's own origin", origin(func(host string) string { return "http://" + host }), accepted, "10.2"},
	}
}

// lists: subprotocols and extensions that are malformed.
func lists() []hello {
	protocol := func(value string) func(*Play, *ask) { return set("Sec-WebSocket-Protocol", value) }
	extension := func(value string) func(*Play, *ask) { return set("Sec-WebSocket-Extensions", value) }
	return []hello{
		{11, 1, "a subprotocol with a space", protocol("a b"), declined(400), "4.1"},
		{11, 2, "a subprotocol twice", protocol("a, a"), declined(400), "4.1"},
		{11, 3, "an empty subprotocol", protocol(""), declined(400), "4.1"},
		{11, 4, "a subprotocol that is not ASCII", protocol("ä"), declined(400), "4.1"},
		{11, 5, "64 KiB of spaces between two subprotocols", protocol("a," + strings.Repeat(" ", 64<<10) + "b"), declined(400, 431), "4.1"},
		{11, 6, "two subprotocols that nobody knows", protocol("x-unknown-1, x-unknown-2"), declined(400), "4.1"},
		{12, 1, "an extension without a name", extension("; a=1"), refused(400), "9.1"},
		{12, 2, "a parameter without a name", extension("x-unknown; =1"), refused(400), "9.1"},
		{12, 3, "a quoted string that does not end", extension(`x-unknown; a="1`), refused(400), "9.1"},
		{12, 4, "a quoted string that is not a token", extension(`x-unknown; a="1 2"`), refused(400), "9.1"},
		{12, 5, "two extensions without a comma", extension("x-unknown-1 x-unknown-2"), refused(400), "9.1"},
		{12, 6, "64 KiB of a quoted string that does not end", extension(`x-unknown; a="` + strings.Repeat(`\1`, 32<<10)), refused(400, 431), "9.1"},
		{12, 7, "an extension that nobody knows", extension(`x-unknown; a=1; b="2"; c`), accepted, "9.1"},
		{12, 8, "two fields of extensions that nobody knows", twice("Sec-WebSocket-Extensions", "x-unknown-1", "x-unknown-2; a"), accepted, "9.1"},
	}
}

// offers of compression that have to be declined (RFC 7692, 7.1).
func offers() []hello {
	var all []hello
	for i, parameters := range []string{
		"server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08", "server_max_window_bits=abc", "server_max_window_bits",
		"client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=+9",
		"client_no_context_takeover; client_no_context_takeover", "server_no_context_takeover=1", "unknown", "unknown=1",
	} {
		offer := "permessage-deflate; " + parameters
		all = append(all, hello{13, i + 1, "the offer " + offer, set("Sec-WebSocket-Extensions", offer), accepted, "9.1, and RFC 7692, 7.1"})
	}
	return all
}

// sizes of heads.
func sizes() []hello {
	many := func(n int, field string) func(*Play, *ask) {
		return func(_ *Play, a *ask) {
			for range n {
				a.fields = append(a.fields, field)
			}
		}
	}
	return []hello{
		{14, 1, "3000 fields", many(3000, "X-Many: 1"), declined(431, 400, 413), "4.2"},
		{14, 2, "a field of 2 MiB", set("X-Long", strings.Repeat("x", 2<<20)), stopped(431, 400, 413), "4.2"},
		{14, 3, "4 MiB of fields", many(4<<10, "X-Endless: "+strings.Repeat("x", 1<<10)), stopped(431, 400, 413), "4.2"},
	}
}

// bodies are nothing that an opening handshake has.
func bodies() []hello {
	frame := string(textFrame("smuggled").appendTo(nil, true, [4]byte{1, 2, 3, 4}))
	length := "Content-Length: " + decimal(len(frame))
	chunked := hexadecimal(len(frame)) + "\r\n" + frame + "\r\n0\r\n\r\n"
	return []hello{
		{16, 1, "a body that is a frame, with its Content-Length", body(length, frame), refused(400, 413), "4.2.1"},
		{16, 2, "a body that is a frame, in a chunk", body("Transfer-Encoding: chunked", chunked), refused(400, 413, 501), "4.2.1"},
		{16, 3, "a Content-Length of 0", body("Content-Length: 0", ""), accepted, "4.2.1"},
	}
}
