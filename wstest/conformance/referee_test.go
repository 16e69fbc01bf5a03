package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

func TestRefereeKnowsTheRules(t *testing.T) {
	key := &[4]byte{}
	for rule, frames := range map[string][]Frame{
		"a frame after the close frame":                  {closeFrame(1000, ""), pongFrame("")},
		"a server's frame is masked":                     {{Opcode: protocol.OpText, WrongMask: true, Key: key}},
		"a client's frame is not masked":                 {{Opcode: protocol.OpText, WrongMask: true}},
		"an RSV bit without an extension":                {{Opcode: protocol.OpText, RSV: 1}},
		"a reserved opcode":                              {{Opcode: 12}},
		"a length that is not minimal":                   {{Opcode: protocol.OpText, Wide: 2}},
		"a fragmented control frame":                     {{Opcode: protocol.OpPing, More: true}},
		"a control frame of more than 125 bytes":         {pingFrame(printable(126))},
		"a continuation of nothing":                      {textFrame("x"), last("y")},
		"a new message inside a fragmented one":          {first("x"), textFrame("y")},
		"text is not UTF-8":                              {first("\xc3"), last("x")},
		"a close frame of one byte":                      {{Opcode: protocol.OpClose, Payload: []byte{3}}},
		"close code 1005, which may not travel":          {closeFrame(1005, "")},
		"a close reason that is not UTF-8":               {closeFrame(1000, "\xff")},
		"close code 2999, which may not travel (RFC 645": {closeFrame(2999, "")},
	} {
		t.Run(rule, func(t *testing.T) {
			var r referee
			var e event
			for i, f := range frames {
				require.Empty(t, e.broken, "frame %d", i)
				e, _ = r.judge(f)
			}
			require.Contains(t, e.broken, rule)
		})
	}
}

func TestRefereePutsFragmentsTogether(t *testing.T) {
	var r referee
	_, whole := r.judge(first("κ\xcf"))
	require.False(t, whole)
	e, whole := r.judge(pingFrame("x"))
	require.True(t, whole)
	require.Equal(t, `ping "x"`, e.String())
	e, whole = r.judge(last("\x8c"))
	require.True(t, whole)
	require.Equal(t, `text "κό"`, e.String()[:len(`text "κ`)]+`ό"`)
	require.Empty(t, e.broken)
	e, _ = r.judge(Frame{Opcode: protocol.OpClose})
	require.Equal(t, "an empty Close", e.String())
}

func TestCodesThatMayTravel(t *testing.T) {
	for code := range 1 << 16 {
		require.Equal(t, protocol.CloseCode(code).IsSendable(), mayTravel(uint16(code)), "%d", code)
	}
}
