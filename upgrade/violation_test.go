package upgrade_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What is still unread when a socket is closed would destroy the close frame on its way.
func TestPeerIsToldOfAViolationThoughTheHandlerIsBusyAndMoreComes(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		cancelled := make(chan error, 1)
		s := serve(slow(time.Hour, cancelled), quiet)
		p := connect(t, wstest.NewServer(t, s, w), "/")
		p.text("x")
		p.Write([]byte{0x89, 0xff}) // a ping that is too long
		for range 20 {
			if _, err := p.Conn().Write(make([]byte, 10_000)); err != nil {
				t.Fatal("the server did not wait: ", err)
			}
		}
		var closed *upgrade.CloseError
		require.ErrorAs(t, <-cancelled, &closed)
		for {
			f, err := p.next()
			require.NoError(t, err)
			if f.Opcode == protocol.OpClose {
				require.Equal(t, "\x03\xea", string(f.Payload[:2]))
				break
			}
		}
		p.hangUp()
		s.expectEnd(t, protocol.CloseProtocolError, false)
	})
}
