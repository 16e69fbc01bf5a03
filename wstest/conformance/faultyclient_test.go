package conformance_test

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// connect is one connection of a faulty client.
func (s faulty) connect(nc net.Conn, target string) {
	defer nc.Close()
	request, _ := http.NewRequest(http.MethodGet, "http://server"+target, nil) // parts that are right
	request.Header = http.Header{
		"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Version": {"13"},
	}
	if s.deflate != nil {
		request.Header["Sec-Websocket-Extensions"] = s.offer()
	}
	_ = request.Write(nc)
	r := bufio.NewReader(nc)
	resp, err := http.ReadResponse(r, request)
	if s.fault != anyAnswer && (err != nil || !isAnswer(resp)) {
		return
	}
	c := &faultyConn{fault: s.fault, client: true, nc: nc, r: r}
	if s.fault != anyAnswer {
		var ok bool
		if c.codec, ok = s.confirm(resp.Header["Sec-Websocket-Extensions"]); !ok {
			return
		}
	}
	c.serve()
}

func isAnswer(resp *http.Response) bool {
	h := resp.Header
	return resp.StatusCode == http.StatusSwitchingProtocols &&
		strings.EqualFold(h.Get("Upgrade"), "websocket") && strings.Contains(strings.ToLower(h.Get("Connection")), "upgrade") &&
		slices.Equal(h.Values("Sec-Websocket-Accept"), []string{protocol.AcceptKey("AAAAAAAAAAAAAAAAAAAAAA==")}) &&
		h.Get("Sec-Websocket-Protocol") == ""
}
