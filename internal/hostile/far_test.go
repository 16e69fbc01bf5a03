package hostile_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A far end is a server that a test plays, and our client of it, which echoes.
type far struct {
	t     *testing.T
	peer  *wstest.Peer
	ended chan error
}

// toClient plays a row with our client, over memory and over TCP, at every chunking.
func toClient(t *testing.T, play func(f *far)) {
	t.Helper()
	for _, tcp := range []bool{false, true} {
		for _, c := range cuts {
			p := place{tcp: tcp, cut: c.cut}
			t.Run(fmt.Sprintf("TCP %v, %s", tcp, c.name), func(t *testing.T) {
				if tcp {
					withoutLeak(t, func() { playFar(t, p, play) })
					return
				}
				synctest.Test(t, func(t *testing.T) { playFar(t, p, play) })
			})
		}
	}
}

func playFar(t *testing.T, p place, play func(f *far)) {
	l := p.listen(t)
	defer l.Close()
	f := &far{t: t, ended: make(chan error, 1)}
	go func() {
		d := upgrade.Dialer{DialContext: l.DialContext}
		conn, _, err := d.Dial(context.Background(), "ws://example.com/")
		if err == nil {
			err = conn.Run(context.Background(), echo)
		}
		f.ended <- err
	}()
	nc, err := l.Accept()
	require.NoError(t, err)
	defer nc.Close()
	r, err := http.ReadRequest(bufio.NewReader(nc))
	require.NoError(t, err)
	b, err := protocol.AppendResponse(nil, r.Header.Get("Sec-Websocket-Key"), "", nil, nil)
	require.NoError(t, err)
	_, err = nc.Write(b)
	require.NoError(t, err)
	f.peer = wstest.NewPeer(t, cutConn{nc, p.cut()}, protocol.Server, nil)
	f.peer.Timeout = time.Minute
	play(f)
	_ = nc.Close()
}

// wantEnd compares how the client's connection ended, by the client's own judgement. The far end hangs up.
func (f *far) wantEnd(code protocol.CloseCode) {
	f.t.Helper()
	f.peer.Cut()
	var closed *upgrade.CloseError
	require.ErrorAs(f.t, <-f.ended, &closed)
	require.Equal(f.t, code, closed.Code)
	require.False(f.t, closed.FromPeer)
}
