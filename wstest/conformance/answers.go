package conformance

import (
	"fmt"
	"strings"
)

// An answer is a response that a client has to take, or must not.
type answer struct {
	title string
	write func(p *Play) string
	taken bool
}

// answers: the server's part of the opening handshake, for clients. Behind each of them comes a text, in the same write.
func answers() []Case {
	replace := func(old, by string) func(*Play) string {
		return func(p *Play) string { return strings.Replace(p.response(), old, by, 1) }
	}
	accept := "Sec-WebSocket-Accept: "
	status := func(line string) func(*Play) string {
		return func(*Play) string { return "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" }
	}
	right := []answer{
		{"a response as it should be", (*Play).response, true},
		{"names of fields in lower case", replace(accept, "sec-websocket-accept:"), true},
		{"Upgrade: WebSocket", replace("websocket", "WebSocket"), true},
		{"Connection: keep-alive, upgrade", replace("Connection: Upgrade", "Connection: keep-alive, upgrade"), true},
		{"a reason that is empty", replace("Switching Protocols", ""), true},
		{"a field that nobody knows", replace("Upgrade:", "X-Unknown: yes\r\nUpgrade:"), true},
		{"spaces around the Accept", replace(accept, "Sec-WebSocket-Accept:  \t"), true},
	}
	wrong := []answer{
		{"an Accept that is wrong", replace(accept, accept+"A"), false},
		{"no Accept", replace(accept, "X-Accept: "), false},
		{"two Accepts", replace(accept, accept+"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n"+accept), false},
		{"the key itself as Accept", func(p *Play) string {
			return strings.Replace(p.response(), acceptOf(p.request.Header.Get("Sec-Websocket-Key")), p.request.Header.Get("Sec-Websocket-Key"), 1)
		}, false},
		{"a subprotocol that was not offered", replace("Upgrade:", "Sec-WebSocket-Protocol: x-unknown\r\nUpgrade:"), false},
		{"an extension that was not offered", replace("Upgrade:", "Sec-WebSocket-Extensions: x-unknown\r\nUpgrade:"), false},
		{"no Upgrade", replace("Upgrade: websocket\r\n", ""), false},
		{"Upgrade: h2c", replace("websocket", "h2c"), false},
		{"no Connection", replace("Connection: Upgrade\r\n", ""), false},
		{"Connection: close", replace("Connection: Upgrade", "Connection: close"), false},
		{"something that is not HTTP", func(*Play) string { return "SSH-2.0-server\r\n\r\n" }, false},
		{"status 200", status("200 OK"), false},
		{"status 401", status("401 Unauthorized"), false},
		{"status 426", status("426 Upgrade Required"), false},
		{"status 503", status("503 Service Unavailable"), false},
	}
	wrong = append(wrong, wrongExtensions()...)
	var cases []Case
	for i, a := range right {
		cases = append(cases, a.toCase(fmt.Sprintf("20.18.%d", i+1)))
	}
	for i, a := range wrong {
		cases = append(cases, a.toCase(fmt.Sprintf("20.19.%d", i+1)))
	}
	return cases
}

func (a answer) toCase(id string) Case {
	early := textFrame("early")
	c := works(id, a.title+", with a text glued to it", "4.1", step{"the text back", func(p *Play) {
		p.accept(a.write(p), early)
		p.ExpectMessage(early.Opcode, early.Payload)
	}})
	if !a.taken {
		c = script(id, a.title+", with a text glued to it", "4.1", step{"the end of the connection, and nothing before it", func(p *Play) {
			p.accept(a.write(p), early)
			p.ExpectEnd()
		}})
	}
	c.Side, c.handshake, c.refusing = ForClients, true, !a.taken
	return c
}
