package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

const (
	hixie75 = "GET /demo?a=b HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nHost: example.com:8080\r\nOrigin: http://example.com\r\n\r\n"
	hixie76 = "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n" +
		"Upgrade: WebSocket\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nOrigin: http://example.com\r\n\r\n"
	body76 = "^n:ds[4U"
	hybi   = "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: JFBCWHksyIpXV+6Wlq/9pw==\r\nSec-WebSocket-Version: %s\r\nSec-WebSocket-Origin: http://example.com\r\n\r\n"
)

// A wiring is what a client sends after its request, and what the server does.
type wiring struct {
	name  string
	wire  string
	early []string
	stop  string
}

// hixies are sessions on which all drivers agree. ADR 17 has those on which we differ, and why.
var hixies = []wiring{
	{name: "nothing"},
	{name: "a text", wire: "\x00Hello\xFF"},
	{name: "texts", wire: "\x00a\xFF\x00\xFF\x00b\xFF"},
	{name: "beyond ASCII", wire: "\x00Grüße 🌊\xFF"},
	{name: "other leads", wire: "\x01a\xFF\x7Fb\xFF"},
	{name: "a length", wire: "\x80\x03abc\x00d\xFF"},
	{name: "a length in two bytes", wire: "\x80\x81\x00" + strings.Repeat("x", 128) + "\x00d\xFF"},
	{name: "a length of 0", wire: "\x80\x00\x00d\xFF"},
	{name: "a length with leading zeros", wire: "\x80\x80\x80\x02ab\x00d\xFF"},
	{name: "an unfinished text", wire: "\x00Hel"},
	{name: "an early text", wire: "\x00a\xFF", early: []string{"welcome", "Grüße"}},
	{name: "a closing of the server's", wire: "\x00a\xFF\x00stop\xFF", stop: "stop"},
}

var hixie76s = []wiring{
	{name: "a closing of the client's", wire: "\x00a\xFF\xFF\x00"},
	{name: "a closing of the client's and an early text", wire: "\xFF\x00", early: []string{"welcome"}},
}

func TestD22AndD23ServersOfWebSocketDriverAnswerAsOurs(t *testing.T) {
	eachOracle(t, func(t *testing.T, o oracle) {
		var sessions []session
		var names []string
		add := func(name, head, rest string, w wiring) {
			// Both oracles mishandle frames that come in one chunk with the request: Ruby's loses them, npm's takes them before
			// it has answered. Only what is behind a hixie-76 request waits, though not for early texts.
			apart := rest == "" || len(w.early) > 0
			for i, chunks := range cuttings([]byte(head), []byte(rest+w.wire), apart) {
				sessions = append(sessions, session{Chunks: chunks, Early: w.early, Stop: w.stop})
				names = append(names, fmt.Sprintf("%s, %s, cut %d", name, w.name, i))
			}
		}
		for _, w := range hixies {
			add("hixie-75", hixie75, "", w)
			add("hixie-76", hixie76, body76, w)
		}
		for _, w := range hixie76s {
			add("hixie-76", hixie76, body76, w)
		}
		if o.skipsAllBytes {
			w := wiring{name: "0xFF inside a length", wire: "\x80\x05a\xFF\x00b\xFF\x00d\xFF"}
			add("hixie-75", hixie75, "", w)
			add("hixie-76", hixie76, body76, w)
		}
		add("hixie-76", hixie76, body76[:7], wiring{name: "without its last byte", early: []string{"waits"}})
		for i, theirs := range o.ask(t, sessions) {
			ours := ourHixie(t, sessions[i])
			require.Equal(t, string(theirs.Written), string(ours.Written), names[i])
			require.Equal(t, theirs.Events, ours.Events, names[i])
		}
	})
}

// ourHixie is the outcome of a session with our server.
func ourHixie(t *testing.T, s session) outcome {
	t.Helper()
	got := outcome{Events: []string{}}
	var conn *hixie.Conn
	var head []byte
	for _, chunk := range s.Chunks {
		if conn == nil {
			head = append(head, chunk...)
			r, n, err := protocol.ParseRequest(head, 0)
			if errors.Is(err, protocol.ErrShort) {
				continue
			}
			require.NoError(t, err)
			offer, err := hixie.CheckRequest(r, false)
			require.NoError(t, err)
			conn, err = hixie.NewServer(offer, hixie.Config{})
			require.NoError(t, err)
			for _, text := range s.Early {
				require.NoError(t, conn.Send(protocol.OpText, []byte(text)))
			}
			chunk = head[n:]
		}
		got.Events = append(got.Events, echoHixie(conn, chunk, s.Stop)...)
	}
	got.Written = conn.Output()
	return got
}

// echoHixie hands bytes to a server, which echoes texts, and returns the events.
func echoHixie(conn *hixie.Conn, b []byte, stop string) (events []string) {
	for {
		ev, n, err := conn.Next(b)
		b = b[n:]
		if err != nil {
			return events
		}
		switch ev.Type {
		case hixie.EventOpen:
			events = append(events, "open")
			continue
		case hixie.EventText:
			events = append(events, "text "+ev.Text)
			_ = conn.Send(protocol.OpText, []byte(ev.Text))
			if ev.Text != stop || stop == "" {
				continue
			}
		}
		conn.Close()
		return append(events, "close") // theirs hear nothing after it
	}
}

// What a client of ours sends, a server of theirs understands, and the other way round.
func TestServersOfWebSocketDriverTalkToOurHixieClient(t *testing.T) {
	eachOracle(t, func(t *testing.T, o oracle) {
		const times = 20 // as many fresh keys
		for _, v := range []hixie.Version{hixie.Hixie75, hixie.Hixie76} {
			var clients []*hixie.Conn
			var sessions []session
			for range times {
				h := &hixie.ClientHandshake{Version: v, Host: "example.com:81", Target: "/a?b=c", Origin: "http://example.com"}
				c, err := hixie.NewClient(h, hixie.Config{})
				require.NoError(t, err)
				ask := c.Output()
				require.NoError(t, c.Send(protocol.OpText, []byte("Grüße"))) // sent when the handshake is complete
				frames := "\x00Grüße\xFF"
				if v == hixie.Hixie76 {
					frames += "\xFF\x00"
				}
				clients = append(clients, c)
				sessions = append(sessions, session{Chunks: [][]byte{ask, []byte(frames)}})
			}
			for i, theirs := range o.ask(t, sessions) {
				c := clients[i]
				var events []hixie.Event
				for b := theirs.Written; ; {
					ev, n, err := c.Next(b)
					b = b[n:]
					if err != nil {
						require.True(t, errors.Is(err, protocol.ErrShort) || errors.Is(err, protocol.ErrClosed), "%v", err)
						break
					}
					events = append(events, ev)
				}
				want := []hixie.Event{{Type: hixie.EventOpen}, {Type: hixie.EventText, Text: "Grüße"}}
				if v == hixie.Hixie76 {
					want = append(want, hixie.Event{Type: hixie.EventClose})
				}
				require.Equal(t, want, events)
				require.Equal(t, "\x00Grüße\xFF", string(c.Output()))
			}
		}
	})
}

// Requests that the current driver refuses with 400, and the one of 2016 in ways of its own.
func TestD24ServerOfWebSocketDriverRefusesTheSameKeys(t *testing.T) {
	for _, o := range oracles[:1] {
		need(t, o.command() != nil, o.name, o.install)
		var sessions []session
		for _, key := range []string{"4@146546xW%0l15", "a b c", "1 1 1", "4294967296 x", "99999999999999999999 x"} {
			sessions = append(sessions, session{Chunks: [][]byte{[]byte(strings.Replace(hixie76, "4 @1  46546xW%0l 1 5", key, 1) + body76)}})
		}
		for i, theirs := range o.ask(t, sessions) {
			require.True(t, strings.HasPrefix(string(theirs.Written), "HTTP/1.1 400 Bad Request\r\n"), "%q", theirs.Written)
			require.Contains(t, string(theirs.Written), "Client sent invalid Sec-WebSocket-Key headers")
			r, _, err := protocol.ParseRequest(sessions[i].Chunks[0], 0)
			require.NoError(t, err)
			_, err = hixie.CheckRequest(r, false)
			var refused *protocol.HandshakeError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, 400, refused.Status)
			require.Contains(t, refused.Reason, "client sent invalid Sec-WebSocket-Key headers")
		}
	}
}
