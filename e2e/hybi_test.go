package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// hybis are frames of a client, after its request.
var hybis = []wiring{
	{name: "nothing"},
	{name: "a text", wire: masked(protocol.OpText, "Grüße 🌊", true)},
	{name: "texts", wire: masked(protocol.OpText, "a", true) + masked(protocol.OpText, "", true)},
	{name: "fragments", wire: masked(protocol.OpText, "Hel", false) + masked(protocol.OpPing, "?", true) + masked(protocol.OpContinuation, "lo", true)},
	{name: "a text of 126 bytes", wire: masked(protocol.OpText, fmt.Sprintf("%126d", 1), true)},
	{name: "a text of 64 KiB", wire: masked(protocol.OpText, fmt.Sprintf("%65536d", 1), true)},
	{name: "a closing", wire: masked(protocol.OpClose, "\x03\xE8bye", true)},
	{name: "an empty closing", wire: masked(protocol.OpText, "a", true) + masked(protocol.OpClose, "\x03\xE8", true)},
	{name: "an early text", early: []string{"welcome"}, wire: masked(protocol.OpText, "a", true)},
}

func masked(op protocol.Opcode, payload string, fin bool) string {
	h := protocol.FrameHeader{Fin: fin, Opcode: op, Masked: true, MaskKey: [4]byte{1, 2, 3, 4}, Length: int64(len(payload))}
	p := []byte(payload)
	protocol.Mask(p, h.MaskKey, 0)
	return string(append(protocol.AppendFrameHeader(nil, h), p...))
}

func TestD3ServersOfWebSocketDriverAnswerDraftVersionsAsOurs(t *testing.T) {
	eachOracle(t, func(t *testing.T, o oracle) {
		for _, version := range o.hybi {
			t.Run("version "+version, func(t *testing.T) {
				var sessions []session
				var names []string
				for _, w := range hybis {
					for i, chunks := range cuttings(fmt.Appendf(nil, hybi, version), []byte(w.wire), true) {
						if len(chunks) > 10_000 {
							continue // what is large need not come byte by byte
						}
						sessions = append(sessions, session{Chunks: chunks, Early: w.early})
						names = append(names, fmt.Sprintf("%s, cut %d", w.name, i))
					}
				}
				for i, theirs := range o.ask(t, sessions) {
					ours := ourHybi(t, sessions[i])
					require.Equal(t, string(theirs.Written), string(ours.Written), names[i])
					require.Equal(t, theirs.Events, ours.Events, names[i])
				}
			})
		}
	})
}

// ourHybi is the outcome of a session with our server for versions 7, 8 and 13.
func ourHybi(t *testing.T, s session) outcome {
	t.Helper()
	got := outcome{Events: []string{}}
	reader := protocol.NewReader(protocol.ReaderConfig{Role: protocol.Server})
	writer := protocol.NewWriter(protocol.Server, nil)
	open, text := false, ""
	var buf []byte
	var err error
	for _, chunk := range s.Chunks {
		buf = append(buf, chunk...)
		if !open {
			r, n, err := protocol.ParseRequest(buf, 0)
			if errors.Is(err, protocol.ErrShort) {
				continue
			}
			require.NoError(t, err)
			offer, err := protocol.CheckDraftRequest(r)
			require.NoError(t, err)
			if offer.Version < 13 {
				require.Equal(t, "http://example.com", offer.Origin)
			}
			got.Written, err = protocol.AppendResponse(nil, offer.Key, "", nil, nil)
			require.NoError(t, err)
			for _, text := range s.Early {
				got.Written, err = writer.AppendMessage(got.Written, protocol.OpText, []byte(text))
				require.NoError(t, err)
			}
			got.Events = append(got.Events, "open")
			open, buf = true, buf[n:]
		}
		for {
			ev, n, nextErr := reader.Next(buf)
			buf = buf[n:]
			if nextErr != nil {
				require.ErrorIs(t, nextErr, protocol.ErrShort)
				break
			}
			switch ev.Type {
			case protocol.EventPing:
				got.Written, err = writer.AppendPong(got.Written, ev.Payload)
			case protocol.EventClose:
				got.Events = append(got.Events, "close")
				got.Written, err = writer.AppendClose(got.Written, ev.Code, ev.Reason)
			case protocol.EventData:
				if text += string(ev.Payload); ev.End {
					got.Events = append(got.Events, "text "+text)
					got.Written, err = writer.AppendMessage(got.Written, protocol.OpText, []byte(text))
					text = ""
				}
			}
			require.NoError(t, err)
			if ev.Type == protocol.EventClose {
				return got
			}
		}
	}
	return got
}

// Node's ws speaks version 8, too.
func TestD3NodeSpeaksVersion8WithUs(t *testing.T) {
	command := node()
	need(t, command != nil, "ws of Node", "npm ci --prefix e2e/node")
	p := startPeer(t, command)
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			r := request{Op: "connect", URL: open(t, scheme, upgrade.Settings{}, greet).url, Version: 8}
			require.Equal(t, 426, p.call(t, r).Status, "unless it is asked for")
			h := open(t, scheme, upgrade.Settings{}, greet)
			h.upgrader.Drafts = true
			r.URL = h.url
			r.Origin = "http://evil.example"
			require.Equal(t, 403, p.call(t, r).Status)
			r.Origin = "http" + strings.TrimPrefix(h.url, "ws")
			answer := p.call(t, r)
			require.Equal(t, 101, answer.Status)
			c := &conn{t: t, peer: p, number: answer.Conn}
			c.send("Peter")
			c.wantText("Hello Peter!")
			c.ping("still there?")
			c.close(1000, "enough")
			c.wantClosed(1000, "enough")

			v := visit(t, p, scheme, request{Echo: true})
			v.Version, v.Header = 8, http.Header{"Origin": {"http://example.com"}}
			echo(t, v, message.Text("Zoë"), message.Text("Zoë"))
		})
	}
}
