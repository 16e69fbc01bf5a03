package hixie_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

func TestD3Detection(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		want    hixie.Version
	}{
		"neither version nor keys":      {request75, hixie.Hixie75},
		"both keys":                     {request76, hixie.Hixie76},
		"the first key":                 {strings.ReplaceAll(request76, "Key2", "Other"), hixie.Hixie76},
		"the second key":                {strings.ReplaceAll(request76, "Key1", "Other"), hixie.Hixie76},
		"a version, too":                {strings.Replace(request76, "Host", "Sec-WebSocket-Version: 13\r\nHost", 1), 0},
		"version 8":                     {strings.Replace(request75, "Host", "Sec-WebSocket-Version: 8\r\nHost", 1), 0},
		"key of RFC 6455":               {strings.Replace(request75, "Host", "Sec-WebSocket-Key: x\r\nHost", 1), 0},
		"key of RFC 6455, too":          {strings.Replace(request76, "Host", "Sec-WebSocket-Key: x\r\nHost", 1), 0},
		"no Upgrade":                    {strings.Replace(request75, "Upgrade: WebSocket", "X: y", 1), 0},
		"no Connection":                 {strings.Replace(request76, "Connection: Upgrade", "X: y", 1), 0},
		"another Upgrade":               {strings.Replace(request75, "WebSocket", "h2c", 1), 0},
		"POST":                          {strings.Replace(request76, "GET", "POST", 1), 0},
		"a body that the header states": {strings.Replace(request76, "Host", "Content-Length: 8\r\nHost", 1), 0},
		"Connection is a list":          {strings.Replace(request75, "Connection: Upgrade", "Connection: keep-alive, upgrade", 1), hixie.Hixie75},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, c.request)
			require.Equal(t, c.want, hixie.Detect(r))
			if c.want == 0 {
				_, err := hixie.CheckRequest(r, false)
				require.Error(t, err)
			}
		})
	}
	_, err := hixie.CheckRequest(parse(t, request75, "Host", "Sec-WebSocket-Version: 13\r\nHost"), false)
	requireStatus(t, err, 426, "later version")
}

func TestOfferHasWhatTheAnswerRepeats(t *testing.T) {
	for name, c := range map[string]struct {
		r      *protocol.Request
		secure bool
		want   hixie.Offer
	}{
		"hixie-76": {
			parse(t, request76), false,
			hixie.Offer{Version: hixie.Hixie76, Origin: "http://example.com", Location: "ws://example.com/demo", Subprotocol: "sample"},
		},
		"hixie-75, wss, a port, a query, a subprotocol": {
			parse(t, request75, "example.com\r\nO", "example.com:8443\r\nWebSocket-Protocol: a b\r\nO", "/demo", "/a?b=%20"), true,
			hixie.Offer{Version: hixie.Hixie75, Origin: "http://example.com", Location: "wss://example.com:8443/a?b=%20", Subprotocol: "a b"},
		},
		"no origin": {
			parse(t, request75, "Origin: ", "X: "), false,
			hixie.Offer{Version: hixie.Hixie75, Location: "ws://example.com/demo"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := hixie.CheckRequest(c.r, c.secure)
			require.NoError(t, err)
			require.Equal(t, []string{c.want.Version.String(), c.want.Origin, c.want.Location, c.want.Subprotocol},
				[]string{o.Version.String(), o.Origin, o.Location, o.Subprotocol})
		})
	}
}

// Row 55 has the first of these: hixie-76, no spaces.
func TestRow55AndD24KeysThatHideNoNumber(t *testing.T) {
	const key1, key2 = "4 @1  46546xW%0l 1 5", "12998 5 Y3 1  .P00"
	for name, c := range map[string]struct{ old, new, what string }{
		"no spaces":                 {key1, "4@146546xW%0l15", "Key1 has no spaces"},
		"no spaces in the second":   {key2, "1299853100", "Key2 has no spaces"},
		"no digits":                 {key1, "a b", "Key1 has no digits"},
		"nothing":                   {key2, "", "Key2 has no digits"},
		"not a multiple":            {key1, "1 1 1", "Key1 has a number that is not a multiple"},
		"more than 32 bits":         {key1, "4294967296 x", "Key1 has a number that is too large"},
		"more than 64 bits":         {key1, strings.Repeat("9", 30) + " x", "Key1 has a number that is too large"},
		"digits of another script":  {key1, "٤ ٢ x", "Key1 has no digits"},
		"no first key":              {"Key1", "Key3", "Key1 is missing"},
		"no second key":             {"Key2", "Key3", "Key2 is missing"},
		"the first key twice":       {"Origin", "Sec-WebSocket-Key1: 1 2\r\nOrigin", "several"},
		"origin twice":              {"Origin", "Origin: http://evil.com\r\nOrigin", "more than one Origin"},
		"subprotocol twice":         {"Origin", "Sec-WebSocket-Protocol: other\r\nOrigin", "more than one Sec-WebSocket-Protocol"},
		"target with another form":  {"GET /demo", "GET http://example.com/demo", "not a path"},
		"number with leading zeros": {},
	} {
		t.Run(name, func(t *testing.T) {
			if c.old == "" {
				_, err := hixie.CheckRequest(parse(t, request76, key1, "000000000000000000000000001 2"), false)
				require.NoError(t, err)
				return
			}
			o, err := hixie.CheckRequest(parse(t, request76, c.old, c.new), false)
			require.Nil(t, o)
			requireStatus(t, err, 400, c.what)
			if strings.Contains(c.what, "Key") {
				requireStatus(t, err, 400, "client sent invalid Sec-WebSocket-Key headers: Sec-WebSocket-")
			}
		})
	}
}

func TestLargestNumberOfAKey(t *testing.T) {
	_, err := hixie.CheckRequest(parse(t, request76, "4 @1  46546xW%0l 1 5", "8589934590 x "+"y"), false) // twice 2^32-1, two spaces
	require.NoError(t, err)
}

// What net/http and others let through is not trusted either.
func TestMalformedRequestIsAnErrorAndNoPanic(t *testing.T) { // CVE-2026-61666
	for name, c := range map[string]struct {
		change func(*protocol.Request)
		what   string
	}{
		"Host [::":              {func(r *protocol.Request) { r.Host = "[::" }, "Host is malformed"},
		"Host a b":              {func(r *protocol.Request) { r.Host = "a b" }, "Host is malformed"},
		"Host with a line":      {func(r *protocol.Request) { r.Host = "a\r\nX: y" }, "Host is malformed"},
		"Host with a path":      {func(r *protocol.Request) { r.Host = "a/b" }, "Host is malformed"},
		"no Host":               {func(r *protocol.Request) { r.Host = "" }, "Host is missing"},
		"target with a line":    {func(r *protocol.Request) { r.Target = "/\r\nX: y" }, "control character"},
		"no target":             {func(r *protocol.Request) { r.Target = "" }, "not a path"},
		"target *":              {func(r *protocol.Request) { r.Target = "*" }, "not a path"},
		"origin with a line":    {func(r *protocol.Request) { r.Header.Set("Origin", "a\r\nX: y") }, "control character"},
		"origin with a DEL":     {func(r *protocol.Request) { r.Header.Set("Origin", "a\x7f") }, "control character"},
		"subprotocol with a LF": {func(r *protocol.Request) { r.Header.Set("Sec-WebSocket-Protocol", "a\nb") }, "control character"},
	} {
		t.Run(name, func(t *testing.T) {
			r := parse(t, request76)
			c.change(r)
			_, err := hixie.CheckRequest(r, false)
			requireStatus(t, err, 400, c.what)
		})
	}
}

func TestVersionHasAName(t *testing.T) {
	require.Equal(t, "hixie-75", hixie.Hixie75.String())
	require.Equal(t, "hixie-76", hixie.Hixie76.String())
	require.Equal(t, "no hixie", hixie.Version(0).String())
	require.Equal(t, []string{"no event", "open", "text", "close"}, []string{
		hixie.EventType(0).String(), hixie.EventOpen.String(), hixie.EventText.String(), hixie.EventClose.String(),
	})
}
