package protocol

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// upgrade returns the request of RFC 6455, 1.3, with one field changed, or
// removed if there are no values.
func upgrade(name string, values ...string) *Request {
	r, _, err := ParseRequest([]byte(sampleRequest), 0)
	if err != nil {
		panic(err)
	}
	delete(r.Header, canonicalName(name))
	for _, value := range values {
		r.Header.Add(name, value)
	}
	return r
}

// with changes what is not in the header.
func with(r *Request, change func(*Request)) *Request {
	change(r)
	return r
}

func TestCheckRequestAcceptsTheHandshakeOfTheRFC(t *testing.T) {
	offer, err := CheckRequest(upgrade("X"))
	require.NoError(t, err)
	require.Equal(t, &Offer{Key: "dGhlIHNhbXBsZSBub25jZQ==", Subprotocols: []string{"chat", "superchat"}, Version: 13, Origin: "http://example.com"}, offer)
}

func TestCheckRequestTakesHeadersOfNetHTTP(t *testing.T) {
	h := http.Header{}
	for _, line := range strings.Split(sampleRequest, "\r\n")[1:] {
		if name, value, ok := strings.Cut(line, ": "); ok && name != "Host" {
			h.Add(name, value)
		}
	}
	h.Set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
	offer, err := CheckRequest(&Request{Method: "GET", Proto: "HTTP/1.1", Host: "a:80", Header: Header(h)})
	require.NoError(t, err)
	require.Equal(t, []Extension{{"permessage-deflate", []Param{{Name: "client_max_window_bits"}}}}, offer.Extensions)
}

func TestCheckRequestIsAsLenientAsTheRFC(t *testing.T) {
	for name, r := range map[string]*Request{
		"Connection is a list":         upgrade("Connection", "keep-alive, Upgrade"),
		"Connection in any case":       upgrade("Connection", "UPGRADE"),
		"Upgrade in any case":          upgrade("Upgrade", "WebSocket"),
		"two Upgrade headers":          upgrade("Upgrade", "h2c", "websocket"),
		"Upgrade is a list":            upgrade("Upgrade", "h2c, websocket"),
		"no subprotocol":               upgrade("Sec-WebSocket-Protocol"),
		"HTTP/1.2":                     with(upgrade("X"), func(r *Request) { r.Proto = "HTTP/1.2" }),
		"extension nobody knows":       upgrade("Sec-WebSocket-Extensions", "x-none; y"),
		"deflate offer not acceptable": upgrade("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=99"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CheckRequest(r)
			require.NoError(t, err)
		})
	}
}

func TestCheckRequestRefuses(t *testing.T) { // RFC 6455, 4.2.1
	method := func(r *Request) { r.Method = "POST" }
	for name, c := range map[string]struct {
		r      *Request
		status int
		what   string
	}{
		"POST":                               {with(upgrade("X"), method), 405, "GET"},
		"POST without Upgrade":               {with(upgrade("Upgrade"), method), 405, "GET"},
		"POST with a body":                   {with(upgrade("Upgrade"), func(r *Request) { r.Method, r.HasBody = "POST", true }), 405, "GET"},
		"get":                                {with(upgrade("X"), func(r *Request) { r.Method = "get" }), 405, "GET"},
		"HTTP/1.0":                           {with(upgrade("X"), func(r *Request) { r.Proto = "HTTP/1.0" }), 505, "HTTP/1.1"},
		"HTTP/1.0 and POST":                  {with(upgrade("X"), func(r *Request) { r.Method, r.Proto = "POST", "HTTP/1.0" }), 505, "HTTP/1.1"},
		"HTTP/2.0":                           {with(upgrade("X"), func(r *Request) { r.Proto = "HTTP/2.0" }), 505, "HTTP/1.1"},
		"no version of HTTP":                 {with(upgrade("X"), func(r *Request) { r.Proto = "" }), 505, "HTTP/1.1"},
		"no Host":                            {with(upgrade("X"), func(r *Request) { r.Host = "" }), 400, "Host is missing"},
		"Host [::":                           {with(upgrade("X"), func(r *Request) { r.Host = "[::" }), 400, "Host is malformed"},
		"Host [:: and POST":                  {with(upgrade("X"), func(r *Request) { r.Method, r.Host = "POST", "[::" }), 400, "Host is malformed"},
		"no Upgrade":                         {upgrade("Upgrade"), 426, "Upgrade"},
		"other Upgrade":                      {upgrade("Upgrade", "h2c"), 426, "Upgrade"},
		"no Upgrade, GET with a body":        {with(upgrade("Upgrade"), func(r *Request) { r.HasBody = true }), 426, "Upgrade"},
		"Upgrade with a Kelvin sign":         {upgrade("Upgrade", "websoc\u212aet"), 426, "Upgrade"},
		"no Connection":                      {upgrade("Connection"), 426, "Connection"},
		"Connection keep-alive":              {upgrade("Connection", "keep-alive"), 426, "Connection"},
		"body":                               {with(upgrade("X"), func(r *Request) { r.HasBody = true }), 400, "body"},
		"no version":                         {upgrade("Sec-WebSocket-Version"), 426, "Version"},
		"version 12":                         {upgrade("Sec-WebSocket-Version", "12"), 426, "Version"},
		"version 13, 8":                      {upgrade("Sec-WebSocket-Version", "13, 8"), 426, "Version"},
		"two versions":                       {upgrade("Sec-WebSocket-Version", "13", "13"), 426, "Version"},
		"version 013":                        {upgrade("Sec-WebSocket-Version", "013"), 426, "Version"},
		"no key":                             {upgrade("Sec-WebSocket-Key"), 400, "Key is missing"},
		"key of 15 bytes":                    {upgrade("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j"), 400, "16 bytes"},
		"key not base64":                     {upgrade("Sec-WebSocket-Key", "!GhlIHNhbXBsZSBub25jZQ=="), 400, "16 bytes"},
		"two keys":                           {upgrade("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="), 400, "more than one"},
		"subprotocol with a space":           {upgrade("Sec-WebSocket-Protocol", "a b"), 400, "Sec-WebSocket-Protocol"},
		"subprotocol twice":                  {upgrade("Sec-WebSocket-Protocol", "a, a"), 400, "a twice"},
		"subprotocol empty":                  {upgrade("Sec-WebSocket-Protocol", ""), 400, "Sec-WebSocket-Protocol"},
		"subprotocol not ASCII":              {upgrade("Sec-WebSocket-Protocol", "é"), 400, "Sec-WebSocket-Protocol"},
		"extension malformed":                {upgrade("Sec-WebSocket-Extensions", "a;"), 400, "Sec-WebSocket-Extensions"},
		"extension with an unclosed string":  {upgrade("Sec-WebSocket-Extensions", `a; b="c`), 400, "Sec-WebSocket-Extensions"},
		"nothing but GET":                    {&Request{Method: "GET", Proto: "HTTP/1.1", Host: "a"}, 426, "Upgrade"},
		"hixie-76, which has neither of two": {with(upgrade("Sec-WebSocket-Key"), func(r *Request) { delete(r.Header, "Sec-Websocket-Version") }), 426, "Version"},
	} {
		t.Run(name, func(t *testing.T) {
			offer, err := CheckRequest(c.r)
			require.Nil(t, offer)
			e := requireStatus(t, err, c.status, c.what)
			switch c.status {
			case 405:
				require.Equal(t, "GET", e.Header.Get("Allow"))
			case 426:
				require.Equal(t, "websocket", e.Header.Get("Upgrade"))
				require.Equal(t, "Upgrade", e.Header.Get("Connection"))
				if c.what == "Version" {
					require.Equal(t, "13", e.Header.Get("Sec-WebSocket-Version"))
				}
			}
		})
	}
}
