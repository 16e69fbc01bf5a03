package hixie_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

func handshake(v hixie.Version) *hixie.ClientHandshake {
	return &hixie.ClientHandshake{
		Version: v, Host: "example.com", Target: "/demo", Origin: "http://example.com",
		Keys: &hixie.Keys{Key1: "4 @1  46546xW%0l 1 5", Key2: "12998 5 Y3 1  .P00", Body: [8]byte([]byte(body76))},
	}
}

// answerOf is what a server of the version sends to handshake.
func answerOf(v hixie.Version) string {
	if v == hixie.Hixie75 {
		return answer75
	}
	return answer76 + "\r\n" + digest76
}

func client(t testing.TB, h *hixie.ClientHandshake) *hixie.Conn {
	t.Helper()
	c, err := hixie.NewClient(h, hixie.Config{})
	require.NoError(t, err)
	require.False(t, c.IsOpen())
	return c
}

func TestClientAsksAndReadsTheAnswer(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for _, size := range []int{0, 1, 5} {
			c := client(t, handshake(v))
			request := string(c.Output())
			if v == hixie.Hixie76 {
				require.True(t, strings.HasSuffix(request, "\r\n\r\n"+body76))
				request = strings.TrimSuffix(request, body76)
			}
			o, err := hixie.CheckRequest(parse(t, request), false)
			require.NoError(t, err)
			require.Equal(t, v, o.Version)
			require.Equal(t, "http://example.com", o.Origin)
			require.Equal(t, "ws://example.com/demo", o.Location)

			require.NoError(t, c.Send(protocol.OpText, []byte("early")))
			events, err := feed(c, []byte(answerOf(v)+"\x00Hello\xFF"), size)
			require.ErrorIs(t, err, protocol.ErrShort)
			require.Equal(t, []hixie.Event{opened, text("Hello")}, events)
			require.Equal(t, "\x00early\xFF", string(c.Output()))
		}
	})
}

func TestClientAndServerTalk(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for range 100 { // as many fresh keys
			h := &hixie.ClientHandshake{Version: v, Host: "[::1]:81", Secure: true, Origin: "http://example.com", Subprotocol: "a b"}
			c := client(t, h)
			ask := c.Output()
			r, n, err := protocol.ParseRequest(ask, 0)
			require.NoError(t, err)
			o, err := hixie.CheckRequest(r, true)
			require.NoError(t, err, "%q", ask)
			require.Equal(t, "wss://[::1]:81/", o.Location)
			s, err := hixie.NewServer(o, hixie.Config{Subprotocol: o.Subprotocol})
			require.NoError(t, err)
			_, err = feed(s, ask[n:])
			require.ErrorIs(t, err, protocol.ErrShort)
			require.NoError(t, s.Send(protocol.OpText, []byte("Hello")))
			s.Close()
			events, err := feed(c, s.Output())
			if v == hixie.Hixie75 {
				require.ErrorIs(t, err, protocol.ErrShort)
				require.Equal(t, []hixie.Event{opened, text("Hello")}, events)
				continue
			}
			require.ErrorIs(t, err, protocol.ErrClosed)
			require.Equal(t, []hixie.Event{opened, text("Hello"), closed}, events)
			events, err = feed(s, c.Output())
			require.ErrorIs(t, err, protocol.ErrClosed)
			require.Equal(t, []hixie.Event{closed}, events)
		}
	})
}

func TestFreshKeysAreAsTheDraftSays(t *testing.T) {
	seen := make(map[string]bool)
	for range 2000 {
		k := hixie.NewKeys()
		for _, key := range []string{k.Key1, k.Key2} {
			require.False(t, seen[key])
			seen[key] = true
			spaces, others := strings.Count(key, " "), 0
			for _, c := range key {
				require.True(t, c >= ' ' && c <= '~', "%q", key)
				if c != ' ' && (c < '0' || c > '9') {
					others++
				}
			}
			require.True(t, spaces >= 1 && spaces <= 12, "%q", key)
			require.True(t, others >= 1 && others <= 12, "%q", key)
			require.Equal(t, key, strings.TrimSpace(key))
		}
	}
}

func TestClientRefusesAnAnswerThatIsNotItsOwn(t *testing.T) {
	each(t, func(t *testing.T, v hixie.Version) {
		for name, c := range map[string]struct {
			old, new string
			status   int
			what     string
		}{
			"another status":         {"101", "403", 403, "did not switch"},
			"another Upgrade":        {"Upgrade: WebSocket", "Upgrade: h2c", 101, "Upgrade"},
			"no Upgrade":             {"Upgrade: WebSocket", "X: y", 101, "Upgrade"},
			"another Connection":     {"Connection: Upgrade", "Connection: close", 101, "Connection"},
			"another origin":         {"http://example.com", "http://evil.com", 101, "WebSocket-Origin"},
			"no origin":              {"WebSocket-Origin", "X-Origin", 101, "WebSocket-Origin"},
			"another location":       {"/demo", "/other", 101, "WebSocket-Location"},
			"another scheme":         {"ws:", "wss:", 101, "WebSocket-Location"},
			"a subprotocol":          {"Connection", "WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: x\r\nConnection", 101, "subprotocol"},
			"what is not a response": {"HTTP/1.1", "HTTP", 0, ""},
		} {
			t.Run(name, func(t *testing.T) {
				for _, size := range []int{0, 1} {
					conn := client(t, handshake(v))
					conn.Output()
					events, err := feed(conn, []byte(strings.ReplaceAll(answerOf(v), c.old, c.new)), size)
					requireStatus(t, err, c.status, c.what)
					require.Empty(t, events)
					require.Empty(t, conn.Output())
					require.ErrorIs(t, conn.Send(protocol.OpText, nil), protocol.ErrCloseSent)
				}
			})
		}
	})
}

func TestClientRefusesAWrongDigest(t *testing.T) {
	for _, size := range []int{0, 1} {
		c := client(t, handshake(hixie.Hixie76))
		c.Output()
		_, err := feed(c, []byte(answer76+"\r\n"+"8jKS'y:G*Co,Wxa+"), size)
		requireStatus(t, err, 101, "digest")
		require.Empty(t, c.Output())
	}
}

func TestAnswerWithoutEndIsNotCollected(t *testing.T) {
	for _, filling := range []string{"X: y\r\n", "x", "\n"} {
		for _, size := range []int{0, 1000} {
			c := client(t, handshake(hixie.Hixie76))
			endless := "HTTP/1.1 101 x\r\n" + strings.Repeat(filling, (2<<20)/len(filling))
			_, err := feed(c, []byte(endless), size)
			var e *protocol.HandshakeError
			require.ErrorAs(t, err, &e)
		}
	}
}

func TestClientAsksForNothingThatHTTPDoesNotAllow(t *testing.T) {
	for name, change := range map[string]func(h *hixie.ClientHandshake){
		"a version that is none":    func(h *hixie.ClientHandshake) { h.Version = 13 },
		"no origin":                 func(h *hixie.ClientHandshake) { h.Origin = "" },
		"a line in the origin":      func(h *hixie.ClientHandshake) { h.Origin = "a\r\nX: y" },
		"a line in the host":        func(h *hixie.ClientHandshake) { h.Host = "a\r\nX: y" },
		"no host":                   func(h *hixie.ClientHandshake) { h.Host = "" },
		"a space in the target":     func(h *hixie.ClientHandshake) { h.Target = "/a b" },
		"a target without a slash":  func(h *hixie.ClientHandshake) { h.Target = "a" },
		"a line in the subprotocol": func(h *hixie.ClientHandshake) { h.Subprotocol = "a\nb" },
		"a line in a key":           func(h *hixie.ClientHandshake) { h.Keys.Key1 = "1 \r\n2" },
		"a key without spaces":      func(h *hixie.ClientHandshake) { h.Keys.Key2 = "12" },
	} {
		t.Run(name, func(t *testing.T) {
			h := handshake(hixie.Hixie76)
			change(h)
			_, err := hixie.NewClient(h, hixie.Config{})
			require.ErrorIs(t, err, protocol.ErrInvalidHeader)
		})
	}
}
