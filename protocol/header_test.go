package protocol

import (
	"net/http"
	"net/textproto"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHeaderConvertsFromNetHTTP(t *testing.T) {
	h := http.Header{}
	h.Set("sec-websocket-key", "x")
	require.Equal(t, "x", Header(h).Get("Sec-WebSocket-Key"))
	back := http.Header(Header{})
	Header(back).Set("sec-WebSocket-protocol", "chat")
	require.Equal(t, "chat", back.Get("Sec-WebSocket-Protocol"))
}

func TestHeaderFieldsHaveSeveralValues(t *testing.T) {
	h := Header{}
	h.Add("a", "1")
	h.Add("A", "2")
	require.Equal(t, []string{"1", "2"}, h.Values("a"))
	require.Equal(t, "1", h.Get("A"))
	h.Set("a", "3")
	require.Equal(t, []string{"3"}, h.Values("A"))
	require.Empty(t, Header(nil).Get("A"))
}

func TestHasFindsATokenInLists(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		want   bool
	}{
		"alone":         {[]string{"upgrade"}, true},
		"in a list":     {[]string{"keep-alive, Upgrade"}, true},
		"in any case":   {[]string{"uPgRaDe"}, true},
		"second line":   {[]string{"keep-alive", "\tUPGRADE ,x"}, true},
		"part of one":   {[]string{"upgrades, no-upgrade"}, false},
		"two words":     {[]string{"upgrade now"}, false},
		"absent":        {nil, false},
		"empty element": {[]string{",,"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, Header{"Connection": c.values}.Has("connection", "upgrade"))
		})
	}
}

// The canonical names are those of net/http.
func FuzzCanonicalName(f *testing.F) {
	for _, name := range []string{"", "host", "sec-websocket-key", "Sec-Websocket-Key", "SEC--X-", "a b", "é", "x_y-z", "-", "9a-9A"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		require.Equal(t, textproto.CanonicalMIMEHeaderKey(name), canonicalName(name))
	})
}

func TestCanonicalNamesCostNothing(t *testing.T) {
	h := Header{"Sec-Websocket-Key": {"x"}}
	require.Zero(t, testing.AllocsPerRun(100, func() { _ = h.Get("Sec-Websocket-Key") }))
}

// Fields that a caller may not add, in a request or a response.
var badExtras = map[string]Header{
	"CR LF in a value":       {"X": {"a\r\nSet-Cookie: b"}},
	"LF in a value":          {"X": {"a\nb"}},
	"CR in a second value":   {"X": {"fine", "a\rb"}},
	"NUL in a value":         {"X": {"a\x00"}},
	"CR LF in a name":        {"X\r\nY": {"a"}},
	"space in a name":        {"X Y": {"a"}},
	"colon in a name":        {"X:": {"a"}},
	"empty name":             {"": {"a"}},
	"Upgrade":                {"Upgrade": {"h2c"}},
	"connection, small":      {"connection": {"close"}},
	"Sec-WebSocket-Accept":   {"Sec-WebSocket-Accept": {"a"}},
	"sec-websocket-protocol": {"sec-websocket-protocol": {"a"}},
	"Content-Length":         {"Content-Length": {"5"}},
	"Transfer-Encoding":      {"Transfer-Encoding": {"chunked"}},
	"Host":                   {"Host": {"other"}},
}
