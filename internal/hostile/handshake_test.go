package hostile_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// A question is a request and the answer that it has to get.
type question struct {
	name   string
	text   string
	status int
	field  string // of the response
	value  string
}

// ask puts questions, each on a connection of its own, everywhere. What is answered with 101 has to work.
func ask(t *testing.T, o setup, questions ...question) {
	t.Helper()
	everywhere(t, o, func(t *testing.T, s *site) {
		for _, q := range questions {
			c := s.dial()
			c.say(q.text)
			resp, body := c.answer()
			require.Equal(t, q.status, resp.StatusCode, "%s: %s", q.name, body)
			if q.field != "" {
				require.Equal(t, q.value, resp.Header.Get(q.field), q.name)
			}
			if q.status == http.StatusSwitchingProtocols {
				c.goodbye()
				continue
			}
			require.NoError(t, c.nc.Close())
		}
	})
}

// with is an opening handshake with this field instead of its own.
func with(name, value string) string {
	return opening().without(name).plus(name + ": " + value).String()
}

func TestRow01NonGET(t *testing.T) {
	var all []question
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "X"} {
		r := opening()
		r.line = method + " / HTTP/1.1"
		all = append(all, question{method, r.String(), 405, "Allow", "GET"})
	}
	ask(t, setup{}, all...)
}

func TestRow02HTTP10(t *testing.T) {
	r := opening()
	r.line = "GET / HTTP/1.0"
	ask(t, setup{}, question{name: "HTTP/1.0", text: r.String(), status: 505})
}

func TestRow03NoUpgradeOrNoConnectionToken(t *testing.T) {
	ask(
		t, setup{},
		question{"no Upgrade", opening().without("Upgrade").String(), 426, "Upgrade", "websocket"},
		question{"no Connection", opening().without("Connection").String(), 426, "Upgrade", "websocket"},
		question{"another Connection", with("Connection", "keep-alive"), 426, "Upgrade", "websocket"},
		question{"another Upgrade", with("Upgrade", "h2c"), 426, "Upgrade", "websocket"},
		question{"part of a token", with("Upgrade", "websockets"), 426, "Upgrade", "websocket"},
		question{"neither", opening().without("Upgrade").without("Connection").String(), 426, "Upgrade", "websocket"},
	)
}

func TestRow04ConnectionIsAListInAnyCase(t *testing.T) {
	ask(
		t, setup{},
		question{name: "a list", text: with("Connection", "keep-alive, Upgrade"), status: 101},
		question{name: "upper case", text: with("Connection", "UPGRADE"), status: 101},
		question{name: "lower case", text: strings.ReplaceAll(with("Connection", "upgrade"), "Upgrade: websocket", "UPGRADE: WebSocket"), status: 101},
		question{name: "two fields", text: opening().without("Connection").plus("Connection: keep-alive", "connection: upgrade").String(), status: 101},
	)
}

func TestRow05UpgradeIsAList(t *testing.T) {
	ask(
		t, setup{},
		question{name: "two fields", text: opening().without("Upgrade").plus("Upgrade: h2c", "Upgrade: websocket").String(), status: 101},
		question{name: "a list", text: with("Upgrade", "h2c, websocket"), status: 101},
	)
}

func TestRow06KeyIsNotSixteenBytes(t *testing.T) {
	var all []question
	for _, key := range []string{"", "AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA=", "not a key, not a key, no", "AAAAAAAAAAAAAAAAAAAAAA", "ä"} {
		all = append(all, question{name: key, text: with("Sec-WebSocket-Key", key), status: 400})
	}
	ask(t, setup{}, append(all, question{name: "missing", text: opening().without("Sec-WebSocket-Key").String(), status: 400})...)
}

func TestRow07TwoKeys(t *testing.T) {
	const key = "AAAAAAAAAAAAAAAAAAAAAA=="
	ask(
		t, setup{},
		question{name: "two fields", text: opening().plus("Sec-WebSocket-Key: " + key).String(), status: 400},
		question{name: "one field", text: with("Sec-WebSocket-Key", key+", "+key), status: 400},
	)
}

func TestRow08Version(t *testing.T) {
	var all []question
	for _, version := range []string{"12", "13, 8", "8", "0", "", "013", "14", "x", "13 "} {
		status := 426
		if version == "13 " {
			status = 101 // a space around a value is none of it
		}
		q := question{name: version, text: with("Sec-WebSocket-Version", version), status: status}
		if status == 426 {
			q.field, q.value = "Sec-Websocket-Version", "13"
		}
		all = append(all, q)
	}
	all = append(all, question{"absent", opening().without("Sec-WebSocket-Version").String(), 426, "Sec-Websocket-Version", "13"},
		question{"two", opening().plus("Sec-WebSocket-Version: 8").String(), 426, "Sec-Websocket-Version", "13"})
	ask(t, setup{}, all...)
}

func TestRow09Host(t *testing.T) {
	var all []question
	for _, host := range []string{"[::", "[::1", "::1]", "a b", "a/b", "a:b:c", "a:x", "ä"} {
		all = append(all, question{name: host, text: with("Host", host), status: 400})
	}
	ask(t, setup{}, append(
		all,
		question{name: "none", text: opening().without("Host").String(), status: 400},
		question{name: "two", text: opening().plus("Host: other.example").String(), status: 400},
		question{name: "an address", text: with("Host", "[::1]:80"), status: 101},
	)...)
}

func TestRow10Origin(t *testing.T) {
	var all []question
	for _, origin := range []string{
		"https://evil.example", "null", "https://good.com.evil.example", "https://good.co", "https://evilgood.com", "https://good.com@evil.example",
		"https://good.com:444", "good.com", "https://good.com/", "", "https://evil.example, https://good.com",
		"file://", "chrome-extension://good.com",
	} {
		all = append(all, question{name: origin, text: opening().without("Host").plus("Host: good.com", "Origin: "+origin).String(), status: 403})
	}
	for _, origin := range []string{"https://good.com", "http://good.com", "https://friend.example", "HTTPS://GOOD.COM"} {
		all = append(all, question{name: origin, text: opening().without("Host").plus("Host: good.com", "Origin: "+origin).String(), status: 101})
	}
	all = append(all, question{
		name: "two origins", status: 403,
		text: opening().plus("Origin: http://example.com", "Origin: https://evil.example").String(),
	})
	ask(t, setup{upgrader: func(ws *upgrade.Upgrader) { ws.Origins = []string{"https://friend.example"} }}, all...)
}

func TestRow11Subprotocols(t *testing.T) {
	spaces := strings.Repeat(" ", 60_000) // and nearly all that a head may have
	var all []question
	for name, value := range map[string]string{
		"a space": "a b", "twice": "a, a", "empty": "", "not ASCII": "ä", "an empty element": "a,,b", "a separator": "a/b",
		"only spaces": spaces, "spaces inside": "a" + spaces + "b", "commas": strings.Repeat(",", 60_000),
	} {
		all = append(all, question{name: name, text: with("Sec-WebSocket-Protocol", value), status: 400})
	}
	all = append(all,
		question{"spaces between", with("Sec-WebSocket-Protocol", "b,"+spaces+"a"), 101, "Sec-Websocket-Protocol", "a"},
		question{name: "twice, in two fields", text: opening().plus("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: a").String(), status: 400},
		question{"unknown ones", with("Sec-WebSocket-Protocol", "b, c"), 101, "Sec-Websocket-Protocol", ""})
	ask(t, setup{upgrader: func(ws *upgrade.Upgrader) { ws.Subprotocols = []string{"a"} }}, all...)
}

func TestRow12ExtensionsThatAreMalformed(t *testing.T) {
	var all []question
	for name, value := range map[string]string{
		"no name": "; a=1", "a parameter without a name": "x; =1", "a quoted string that does not end": `x; a="1`,
		"a quoted string that is no token": `x; a="1 2"`, "no comma": "x y", "an escape that does not end": `x; a="\`,
		"a long quoted string that does not end": `x; a="` + strings.Repeat(`\1`, 30_000),
		"many parameters, and then none":         "x" + strings.Repeat(";a", 30_000) + ";",
	} {
		all = append(all, question{name: name, text: with("Sec-WebSocket-Extensions", value), status: 400})
	}
	all = append(all, question{"unknown ones", with("Sec-WebSocket-Extensions", `x; a=1; b="2"; c, y`), 101, "Sec-Websocket-Extensions", ""})
	ask(t, setup{}, all...)
	ask(t, setup{settings: upgrade.Settings{Compression: &deflate.Settings{}}}, all...)
}

func TestRow13OffersOfCompression(t *testing.T) {
	const agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	var all []question
	for _, parameters := range []string{
		"server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08", "server_max_window_bits=abc", "server_max_window_bits",
		"client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08", "client_max_window_bits=abc", "client_max_window_bits=+9",
		"client_no_context_takeover; client_no_context_takeover", "server_max_window_bits=9; server_max_window_bits=10",
		"server_no_context_takeover=1", "unknown", "unknown=1",
	} {
		offer := "permessage-deflate; " + parameters
		all = append(all,
			question{offer, with("Sec-WebSocket-Extensions", offer), 101, "Sec-Websocket-Extensions", ""},
			// Only that offer is declined.
			question{offer + ", and another one", with("Sec-WebSocket-Extensions", offer+", permessage-deflate"), 101, "Sec-Websocket-Extensions", agreed})
	}
	ask(t, setup{settings: upgrade.Settings{Compression: &deflate.Settings{}}}, all...)
}
