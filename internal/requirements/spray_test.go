package requirements_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestS02WhatIsEncodedIsDecoded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	lengths := []int{0, 1, 125, 126, 127, 65535, 65536, 100_000}
	for i := range 1024 {
		want := protocol.FrameHeader{
			Fin: random.IntN(2) == 0, RSV: uint8(random.IntN(8)), Opcode: protocol.Opcode(random.IntN(16)), Masked: random.IntN(2) == 0,
		}
		n := random.IntN(100_001)
		if i < 8*len(lengths) {
			n = lengths[i%len(lengths)]
		}
		want.Length = int64(n)
		if want.Masked {
			want.MaskKey = [4]byte{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32())}
		}
		payload := bytes.Repeat([]byte{byte(i)}, n)
		b := append(protocol.AppendFrameHeader(nil, want), payload...)
		at := len(b) - n
		if want.Masked {
			protocol.Mask(b[at:], want.MaskKey, 0)
		}
		got, size, err := protocol.ParseFrameHeader(b)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, at, size)
		if got.Masked {
			protocol.Mask(b[size:], got.MaskKey, 0)
		}
		require.True(t, bytes.Equal(payload, b[size:]))
		for cut := range size {
			_, _, err := protocol.ParseFrameHeader(b[:cut])
			require.ErrorIs(t, err, protocol.ErrShort)
		}
	}
}

// Four fragments of 256 bytes pass a limit of 1024; one byte more does not.
func TestS06LimitOfFragmentsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ws := upgrade.Upgrader{Settings: upgrade.Settings{MaxMessage: 1024}}
		s := wstest.NewServer(t, ws.Handler(echo))
		send := func(p *wstest.Peer, first int) {
			for i, n := range []int{first, 256, 256, 256} {
				f := wstest.Frame{Payload: []byte(strings.Repeat("x", n)), More: i < 3}
				if i == 0 {
					f.Opcode = protocol.OpText
				}
				p.WriteFrames(f)
			}
		}
		p := s.Peer("/")
		send(p, 256)
		p.ExpectText(strings.Repeat("x", 1024))
		p.WriteText(strings.Repeat("x", 1024))
		p.ExpectText(strings.Repeat("x", 1024))
		send(p, 257)
		p.ExpectClose(protocol.CloseMessageTooBig)
		p.Cut()
		p = s.Peer("/")
		p.WriteText(strings.Repeat("x", 1025))
		p.ExpectClose(protocol.CloseMessageTooBig)
	})
}

func TestS12AnswerToAKey(t *testing.T) {
	require.Equal(t, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=", protocol.AcceptKey("x3JJHMbDL1EzLkh9GBhXDw=="))
	r, _, err := protocol.ParseRequest([]byte("GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"+
		"sec-websocket-version: 13\r\nSEC-WEBSOCKET-KEY: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"), 0)
	require.NoError(t, err)
	offer, err := protocol.CheckRequest(r)
	require.NoError(t, err)
	require.Equal(t, "x3JJHMbDL1EzLkh9GBhXDw==", offer.Key)
}
