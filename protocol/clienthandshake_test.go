package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func sampleHandshake() *ClientHandshake {
	return &ClientHandshake{
		Host: "server.example.com", Target: "/chat", Key: "dGhlIHNhbXBsZSBub25jZQ==",
		Subprotocols: []string{"chat", "superchat"},
		Extensions:   []Extension{{"permessage-deflate", []Param{{Name: "client_max_window_bits"}}}},
	}
}

func TestAppendRequest(t *testing.T) { // RFC 6455, 4.1
	h := sampleHandshake()
	h.Header = Header{"Origin": {"http://example.com"}, "Cookie": {"a=b"}}
	b, err := h.AppendRequest([]byte("x"))
	require.NoError(t, err)
	require.Equal(t, "xGET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Protocol: chat, superchat\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"+
		"Cookie: a=b\r\nOrigin: http://example.com\r\n\r\n", string(b))
}

func TestServerAcceptsWhatTheClientAsks(t *testing.T) {
	h := ClientHandshake{Host: "[::1]:8080", Key: NewKey()}
	b, err := h.AppendRequest(nil)
	require.NoError(t, err)
	r, n, err := ParseRequest(b, 0)
	require.NoError(t, err)
	require.Equal(t, len(b), n)
	require.Equal(t, "/", r.Target)
	offer, err := CheckRequest(r)
	require.NoError(t, err)
	require.Equal(t, &Offer{Key: h.Key, Version: 13}, offer)
	b, err = AppendResponse(nil, offer.Key, "", nil, nil)
	require.NoError(t, err)
	answer, _, err := ParseResponse(b, 0)
	require.NoError(t, err)
	_, _, err = h.CheckResponse(answer)
	require.NoError(t, err)
}

func TestAppendRequestRefusesWhatHTTPDoesNotAllow(t *testing.T) {
	refused := func(t *testing.T, change func(h *ClientHandshake)) {
		h := sampleHandshake()
		change(h)
		b, err := h.AppendRequest([]byte("x"))
		require.ErrorIs(t, err, ErrInvalidHeader)
		require.Equal(t, "x", string(b))
	}
	for name, extra := range badExtras {
		t.Run(name, func(t *testing.T) { refused(t, func(h *ClientHandshake) { h.Header = extra }) })
	}
	for name, change := range map[string]func(h *ClientHandshake){
		"no Host":                  func(h *ClientHandshake) { h.Host = "" },
		"Host with CR LF":          func(h *ClientHandshake) { h.Host = "a\r\nX: 1" },
		"target with a space":      func(h *ClientHandshake) { h.Target = "/a b" },
		"target with CR LF":        func(h *ClientHandshake) { h.Target = "/\r\nX: 1" },
		"target without a slash":   func(h *ClientHandshake) { h.Target = "chat" },
		"no key":                   func(h *ClientHandshake) { h.Key = "" },
		"subprotocol not a token":  func(h *ClientHandshake) { h.Subprotocols = []string{"a b"} },
		"subprotocol twice":        func(h *ClientHandshake) { h.Subprotocols = []string{"a", "b", "a"} },
		"extension is not a token": func(h *ClientHandshake) { h.Extensions = []Extension{{Name: "a,b"}} },
	} {
		t.Run(name, func(t *testing.T) { refused(t, change) })
	}
}

// answer returns the response of RFC 6455, 1.3, with one field changed, or removed
// if there are no values.
func answer(name string, values ...string) *Response {
	r, _, err := ParseResponse([]byte(sampleResponse), 0)
	if err != nil {
		panic(err)
	}
	delete(r.Header, canonicalName(name))
	for _, value := range values {
		r.Header.Add(name, value)
	}
	return r
}

func TestCheckResponseAccepts(t *testing.T) {
	for name, c := range map[string]struct {
		r        *Response
		protocol string
		ext      []Extension
	}{
		"that of the RFC":      {answer("X"), "chat", nil},
		"Connection as a list": {answer("Connection", "keep-alive, upgrade"), "chat", nil},
		"Upgrade in any case":  {answer("Upgrade", "WebSocket"), "chat", nil},
		"no subprotocol":       {answer("Sec-WebSocket-Protocol"), "", nil},
		"the second one":       {answer("Sec-WebSocket-Protocol", "superchat"), "superchat", nil},
		"an offered extension": {answer("Sec-WebSocket-Extensions", "permessage-deflate"), "chat", []Extension{{Name: "permessage-deflate"}}},
	} {
		t.Run(name, func(t *testing.T) {
			protocol, ext, err := sampleHandshake().CheckResponse(c.r)
			require.NoError(t, err)
			require.Equal(t, c.protocol, protocol)
			require.Equal(t, c.ext, ext)
		})
	}
}

func TestCheckResponseRefuses(t *testing.T) { // RFC 6455, 4.1
	status := func(s int) *Response {
		r := answer("X")
		r.Status = s
		return r
	}
	for name, c := range map[string]struct {
		r      *Response
		status int
		what   string
	}{
		"200":                      {status(200), 200, "did not switch"},
		"401":                      {status(401), 401, "did not switch"},
		"100":                      {status(100), 100, "did not switch"},
		"302":                      {status(302), 302, "did not switch"},
		"no Upgrade":               {answer("Upgrade"), 101, "Upgrade"},
		"other Upgrade":            {answer("Upgrade", "h2c"), 101, "Upgrade"},
		"two Upgrades":             {answer("Upgrade", "websocket", "h2c"), 101, "Upgrade"},
		"no Connection":            {answer("Connection"), 101, "Connection"},
		"other Connection":         {answer("Connection", "keep-alive"), 101, "Connection"},
		"no Accept":                {answer("Sec-WebSocket-Accept"), 101, "Accept"},
		"wrong Accept":             {answer("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="), 101, "Accept"},
		"Accept in small letters":  {answer("Sec-WebSocket-Accept", "s3pplmbitxaq9kygzzhzrbk+xoo="), 101, "Accept"},
		"two Accepts":              {answer("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "x"), 101, "Accept"},
		"subprotocol not offered":  {answer("Sec-WebSocket-Protocol", "other"), 101, "subprotocol"},
		"subprotocol, other case":  {answer("Sec-WebSocket-Protocol", "Chat"), 101, "subprotocol"},
		"two subprotocols":         {answer("Sec-WebSocket-Protocol", "chat", "superchat"), 101, "subprotocol"},
		"list of subprotocols":     {answer("Sec-WebSocket-Protocol", "chat, superchat"), 101, "subprotocol"},
		"empty subprotocol":        {answer("Sec-WebSocket-Protocol", ""), 101, "subprotocol"},
		"extension not offered":    {answer("Sec-WebSocket-Extensions", "permessage-deflate, x-other"), 101, "extension"},
		"extension malformed":      {answer("Sec-WebSocket-Extensions", "permessage-deflate;"), 101, "malformed"},
		"extension without a name": {answer("Sec-WebSocket-Extensions", ""), 101, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := sampleHandshake().CheckResponse(c.r)
			e := requireStatus(t, err, c.status, c.what)
			require.Equal(t, c.r.Header, e.Header)
		})
	}
}
