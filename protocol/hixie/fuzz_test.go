package hixie_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/hixie"
)

// sizesOf makes chunk sizes of what the fuzzer has chosen.
func sizesOf(cuts []byte) []int {
	sizes := []int{}
	for _, cut := range cuts {
		sizes = append(sizes, 1+int(cut)%16)
	}
	return append(sizes, 1)
}

// Any chunking gives the same events, the same error and the same output, and what is in memory is limited.
func FuzzServerTakesAnyChunking(f *testing.F) {
	for _, wire := range []string{
		"\x00Hello\xFF\x00\xFF", "\x80\x05a\xFF\x00b\xFF\x00d\xFF", "\xFF\x00\x00x\xFF", "\xFF\x80\x80\x00", "\x00a\x80\xFF",
		"\x00Gr\xC3\xBC\xC3\x9Fe\xFF\x7F\xFF", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\x80\xFF\xFF\xFF\x7F",
		"\x00a message that is longer than its limit, which is short\xFF", "\x00\xED\xA0\x80\xFF", "\x00abc\xC3",
	} {
		f.Add([]byte(wire), []byte{3, 1, 0, 7}, true)
		f.Add([]byte(wire), []byte{}, false)
	}
	f.Fuzz(func(t *testing.T, wire, cuts []byte, old bool) {
		v := hixie.Hixie76
		if old {
			v = hixie.Hixie75
		} else {
			wire = slices.Concat([]byte(body76), wire)
		}
		cfg := hixie.Config{MaxMessage: 32}
		whole, split := server(t, v, cfg), server(t, v, cfg)
		wantEvents, wantErr := feed(whole, wire)
		events, err := feed(split, wire, sizesOf(cuts)...)
		require.Equal(t, wantEvents, events)
		require.Equal(t, wantErr, err)
		require.Equal(t, whole.Output(), split.Output())
		require.Equal(t, whole.InMessage(), split.InMessage())
		for _, ev := range events {
			require.LessOrEqual(t, len(ev.Text), 32)
		}
		if err != protocol.ErrShort {
			require.ErrorIs(t, whole.Send(protocol.OpText, nil), protocol.ErrCloseSent)
		}
		// What was heard can be said again.
		again := open(t, v, cfg)
		for _, ev := range events {
			if ev.Type == hixie.EventText {
				require.NoError(t, again.Send(protocol.OpText, []byte(ev.Text)))
			}
		}
		heard, _ := feed(open(t, v, cfg), again.Output())
		said := slices.DeleteFunc(slices.Clone(events), func(ev hixie.Event) bool { return ev.Type != hixie.EventText })
		require.Equal(t, said, append([]hixie.Event{}, heard...))
	})
}

func FuzzClientTakesAnyChunking(f *testing.F) {
	for _, v := range both {
		f.Add([]byte(answerOf(v)+"\x00Hello\xFF\xFF\x00"), []byte{3, 1, 0, 7}, v == hixie.Hixie75)
	}
	f.Add([]byte("HTTP/1.1 403 Forbidden\r\n\r\nno"), []byte{}, true)
	f.Add([]byte("\r\n\r\n\r\n\r\n"), []byte{}, true)
	f.Fuzz(func(t *testing.T, wire, cuts []byte, old bool) {
		v := hixie.Hixie76
		if old {
			v = hixie.Hixie75
		}
		whole, split := client(t, handshake(v)), client(t, handshake(v))
		wantEvents, wantErr := feed(whole, wire)
		events, err := feed(split, wire, sizesOf(cuts)...)
		require.Equal(t, wantEvents, events)
		require.Equal(t, wantErr, err)
		require.Equal(t, whole.Output(), split.Output())
	})
}

// Whatever a parsed request has, it is refused with a status or answered with a head that has no line of the client's.
func FuzzCheckRequest(f *testing.F) {
	f.Add(request76, "")
	f.Add(request75, "[::")
	f.Add(request76, "a\r\nb")
	f.Fuzz(func(t *testing.T, request, host string) {
		r, _, err := protocol.ParseRequest([]byte(request), 0)
		if err != nil {
			return
		}
		if host != "" {
			r.Host = host
		}
		v := hixie.Detect(r)
		o, err := hixie.CheckRequest(r, false)
		if err != nil {
			var e *protocol.HandshakeError
			require.ErrorAs(t, err, &e)
			require.GreaterOrEqual(t, e.Status, 400)
			return
		}
		require.Equal(t, v, o.Version)
		c, err := hixie.NewServer(o, hixie.Config{Subprotocol: o.Subprotocol})
		require.NoError(t, err)
		answer, n, err := protocol.ParseResponse(c.Output(), 1<<20)
		require.NoError(t, err)
		require.NotZero(t, n)
		require.Equal(t, 101, answer.Status)
		require.LessOrEqual(t, len(answer.Header), 5)
	})
}
