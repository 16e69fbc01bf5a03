package deflate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func parse(t testing.TB, value string) []protocol.Extension {
	t.Helper()
	list, err := protocol.ParseExtensions([]string{value})
	require.NoError(t, err)
	return list
}

func format(t testing.TB, e protocol.Extension) string {
	t.Helper()
	b, err := protocol.AppendExtensions(nil, []protocol.Extension{e})
	require.NoError(t, err)
	return strings.TrimPrefix(strings.TrimPrefix(string(b), Name), "; ")
}

// all allows everything that the extension has.
var all = Settings{Server: Window{Takeover: true}, Client: Window{Takeover: true}}

func TestAccept(t *testing.T) {
	const d = Name
	for _, c := range []struct {
		name     string
		settings Settings
		offers   string
		answer   string // "-": declined
	}{
		{"nothing asked for", all, d, ""},
		{"zero settings keep no window", Settings{}, d, "server_no_context_takeover; client_no_context_takeover"},
		{"9 is 9", all, d + "; server_max_window_bits=9", "server_max_window_bits=9"},
		{"8 is 8", all, d + "; server_max_window_bits=8; client_max_window_bits=8", "server_max_window_bits=8; client_max_window_bits=8"},
		{"15 is told", all, d + "; server_max_window_bits=15", "server_max_window_bits=15"},
		{"smaller than asked for", Settings{Server: Window{10, true}, Client: Window{11, true}}, d + "; server_max_window_bits=12; client_max_window_bits=12", "server_max_window_bits=10; client_max_window_bits=11"},
		{"quoted value", all, d + `; server_max_window_bits="10"`, "server_max_window_bits=10"},
		{"client may be told, and is not", all, d + "; client_max_window_bits", ""},
		{"client may be told, and is", Settings{Server: Window{0, true}, Client: Window{10, true}}, d + "; client_max_window_bits", "client_max_window_bits=10"},
		{"client may not be told, but must", Settings{Client: Window{Bits: 10}}, d, "-"},
		{"both without takeover", all, d + "; client_no_context_takeover; server_no_context_takeover", "server_no_context_takeover; client_no_context_takeover"},
		{"7 bits", all, d + "; server_max_window_bits=7", "-"},
		{"16 bits", all, d + "; client_max_window_bits=16", "-"},
		{"leading zero", all, d + "; server_max_window_bits=08", "-"},
		{"plus sign", all, d + "; server_max_window_bits=+9", "-"},
		{"hexadecimal", all, d + "; server_max_window_bits=0xA", "-"},
		{"no number", all, d + "; client_max_window_bits=abc", "-"},
		{"huge number", all, d + "; client_max_window_bits=99999999999999999999", "-"},
		{"value missing", all, d + "; server_max_window_bits", "-"},
		{"value where none belongs, server", all, d + "; server_no_context_takeover=1", "-"},
		{"value where none belongs, client", all, d + "; client_no_context_takeover=true", "-"},
		{"repeated", all, d + "; server_no_context_takeover; server_no_context_takeover", "-"},
		{"repeated with another value", all, d + "; client_max_window_bits; client_max_window_bits=10", "-"},
		{"unknown", all, d + "; mystery", "-"},
		{"another letter case", all, d + "; Server_no_context_takeover", "-"},
		{"fallback", all, d + "; server_max_window_bits=7, " + d, ""},
		{"fallback of the RFC, 7.1.3", all, d + "; client_max_window_bits; server_max_window_bits=10, " + d + "; client_max_window_bits", "server_max_window_bits=10"},
		{"second fallback, another extension between", all, d + "; x, other, " + d + "; y, " + d + "; server_max_window_bits=9", "server_max_window_bits=9"},
		{"another extension only", all, "x-webkit-deflate-frame", "-"},
		{"settings that do not exist", Settings{Level: 10}, d, "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, agreed, ok := c.settings.Accept(parse(t, c.offers))
			if c.answer == "-" {
				require.False(t, ok)
				require.Zero(t, answer)
				return
			}
			require.True(t, ok)
			require.Equal(t, c.answer, format(t, answer))
			require.NotZero(t, agreed.Server.Bits)
			require.NotZero(t, agreed.Client.Bits)
		})
	}
}

func TestOffer(t *testing.T) {
	for want, s := range map[string]Settings{
		"client_max_window_bits": all,
		"server_no_context_takeover; client_no_context_takeover; client_max_window_bits":                              {},
		"server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10": {Server: Window{Bits: 9}, Client: Window{Bits: 10}},
	} {
		require.Equal(t, want, format(t, s.Offer()))
	}
}

// Every answer, right or wrong, to every offer that settings can make.
func TestEveryOfferByEveryAnswer(t *testing.T) {
	var offers []Settings
	for _, bits := range [][2]int{{0, 0}, {8, 8}, {9, 15}, {15, 10}, {12, 0}} {
		for n := range 4 {
			offers = append(offers, Settings{Server: Window{bits[0], n&1 > 0}, Client: Window{bits[1], n&2 > 0}})
		}
	}
	values := []string{"", "=7", "=8", "=9", "=10", "=12", "=15", "=16", "=08", "=abc", "absent"}
	count, confirmed := 0, 0
	for _, s := range offers {
		for _, sb := range values {
			for _, cb := range values {
				for n := range 4 {
					answer := Name
					if n&1 > 0 {
						answer += "; " + serverNoTakeover
					}
					if n&2 > 0 {
						answer += "; " + clientNoTakeover
					}
					if sb != "absent" {
						answer += "; " + serverBits + sb
					}
					if cb != "absent" {
						answer += "; " + clientBits + cb
					}
					e := parse(t, answer)[0]
					agreed, err := s.Confirm(e)
					want, ok := expected(s, n&1 > 0, n&2 > 0, sb, cb)
					require.Equal(t, ok, err == nil, "offer %q, answer %q: %v", format(t, s.Offer()), answer, err)
					if ok {
						require.Equal(t, want, agreed, "offer %q, answer %q", format(t, s.Offer()), answer)
						confirmed++
					}
					count++
				}
			}
		}
	}
	t.Logf("%d answers, %d confirmed", count, confirmed)
	for _, answer := range []string{"other", Name + "; x", Name + "; server_no_context_takeover=1", Name + "; client_no_context_takeover; client_no_context_takeover"} {
		_, err := all.Confirm(parse(t, answer)[0])
		require.Error(t, err, answer)
	}
}

// expected says the same as Confirm, in other words.
func expected(s Settings, serverNo, clientNo bool, sb, cb string) (Params, bool) {
	valid := map[string]int{"=8": 8, "=9": 9, "=10": 10, "=12": 12, "=15": 15, "absent": 0}
	server, ok1 := valid[sb]
	client, ok2 := valid[cb]
	mayServer, mayClient := s.Server.bits(), s.Client.bits()
	switch {
	case !ok1 || !ok2, server > mayServer, client > mayClient,
		server == 0 && mayServer < 15, !serverNo && !s.Server.Takeover:
		return Params{}, false
	}
	if server == 0 {
		server = 15
	}
	if client == 0 {
		client = mayClient
	}
	return Params{Window{server, !serverNo}, Window{client, s.Client.Takeover && !clientNo}}, true
}

// Two ends with any settings either agree on the same, or do without; and what
// they agree on is what their messages then use, in both directions.
func TestWhatIsAgreedIsWhatIsUsed(t *testing.T) {
	content := samples()["random bytes"][:40_000]
	list := []Settings{{}, all, {Server: Window{8, true}, Client: Window{9, false}}, {Server: Window{15, false}, Client: Window{8, true}}, {Server: Window{11, true}, Client: Window{0, true}}}
	for i, ours := range list {
		for j, theirs := range list {
			t.Run(fmt.Sprintf("server %d, client %d", i, j), func(t *testing.T) {
				ours.MaxMessage, theirs.MaxMessage = -1, -1
				answer, server, ok := acceptCodec(t, ours, theirs.Offer())
				require.True(t, ok)
				agreed, err := theirs.Confirm(answer)
				require.NoError(t, err)
				require.Equal(t, server.Params(), agreed)
				client := NewCodec(theirs, agreed, protocol.Client)
				requireUsed(t, content, agreed.Server, server, client)
				requireUsed(t, content, agreed.Client, client, server)
			})
		}
	}
}

func acceptCodec(t *testing.T, s Settings, offer protocol.Extension) (protocol.Extension, *Codec, bool) {
	t.Helper()
	answer, c, ok := New(s).Accept([]protocol.Extension{offer})
	if !ok {
		return answer, nil, false
	}
	return answer, c.(*Codec), true
}

func requireUsed(t *testing.T, content []byte, w Window, from, to *Codec) {
	t.Helper()
	var p puff
	message := append(append([]byte(nil), content[:1<<w.Bits]...), content[:100]...)
	for range 2 {
		before := len(p.out)
		payload := from.Encode(nil, message[:1<<w.Bits], false)
		payload = from.Encode(payload, message[1<<w.Bits:], true)
		require.Equal(t, message, p.read(t, payload))
		require.LessOrEqual(t, p.farthest, 1<<w.Bits)
		out, n, err := to.Decode(make([]byte, 0, len(message)+1), payload, true)
		require.NoError(t, err)
		require.Len(t, payload, n)
		require.Equal(t, message, out)
		if before > 0 {
			matches := p.matches
			payload = from.Encode(nil, message[len(message)-100:], true)
			p.read(t, payload)
			require.Equal(t, w.Takeover, p.matches > matches)
			_, _, err = to.Decode(out[:0], payload, true)
			require.NoError(t, err)
		}
	}
}

func TestNewPanicsOnSettingsThatDoNotExist(t *testing.T) {
	for _, s := range []Settings{{Server: Window{Bits: 7}}, {Client: Window{Bits: 16}}, {Level: -1}, {Level: 10}} {
		require.Panics(t, func() { New(s) }, "%+v", s)
		_, err := s.Confirm(protocol.Extension{Name: Name})
		require.Error(t, err)
	}
}

func TestThreshold(t *testing.T) {
	taking := Params{Window{15, true}, Window{15, false}}
	for _, c := range []struct {
		s    Settings
		role protocol.Role
		size int
		want bool
	}{
		{Settings{}, protocol.Server, 31, false},
		{Settings{}, protocol.Server, 32, true},
		{Settings{}, protocol.Client, 127, false},
		{Settings{}, protocol.Client, 128, true},
		{Settings{}, protocol.Client, -1, true},
		{Settings{Threshold: 1000}, protocol.Server, 999, false},
		{Settings{Threshold: -1}, protocol.Server, 0, true},
	} {
		require.Equal(t, c.want, NewCodec(c.s, taking, c.role).Wants(protocol.OpText, c.size), "%+v", c)
	}
}

func TestExtension(t *testing.T) {
	x := New(all)
	require.Equal(t, "permessage-deflate", x.Name())
	require.Equal(t, protocol.RSV1, x.RSV())
	require.Equal(t, []protocol.Extension{all.Offer()}, x.Offers())
	_, _, ok := x.Accept(parse(t, Name+"; x"))
	require.False(t, ok)
	_, err := x.Confirm(parse(t, Name+"; x")[0])
	require.Error(t, err)
	c, err := x.Confirm(parse(t, Name)[0])
	require.NoError(t, err)
	require.Equal(t, protocol.RSV1, c.RSV())
}
