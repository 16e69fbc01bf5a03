package e2e_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
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
