package reconnect_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/wstest"
)

// A lateConn's writes return only after what they have written was answered.
type lateConn struct{ net.Conn }

func (c lateConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	time.Sleep(time.Millisecond)
	return n, err
}

func TestAcknowledgementMayComeBeforeTheWriteReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := wstest.NewPeerServer(t)
		a := new(address).becomes(s.Server)
		client := a.client()
		client.Dialer.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			nc, err := a.DialContext(ctx, network, addr)
			return lateConn{nc}, err
		}
		client.Acked = func(message.Message) int { return 1 }
		client.Lost = func(message.Message, error) { require.Fail(t, "lost") }
		l := listen(t, client.Flow()(texts("1", "2")))
		p := s.Accept()
		p.ExpectText("1")
		p.WriteText("ok 1")
		p.ExpectText("2")
		p.WriteText("ok 2")
		p.ExpectClose(1000)
		p.WriteClose(1000, "")
		p.Cut()
		require.NoError(t, l.end())
		require.Equal(t, []string{"ok 1", "ok 2"}, l.heard())
	})
}
