package upgrade_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// A duel is a connection that two want to end.
type duel struct {
	*peer
	s     *service
	conn  *upgrade.Conn
	fails chan error // of the handler, a second after
}

// newDuel connects. The handler fails when it is told to, also when its input has ended, and ends with a nil.
func newDuel(t *testing.T, settings upgrade.Settings) *duel {
	d := &duel{fails: make(chan error, 1)}
	conns := make(chan *upgrade.Conn, 1)
	d.s = serve(func(in source) source {
		return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
			conns <- upgrade.FromContext(ctx)
			go func() { _ = in.Run(ctx, func(message.Message) error { return nil }) }()
			select {
			case err := <-d.fails:
				return err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}, settings)
	d.peer = connect(t, wstest.NewServer(t, d.s), "/").up()
	d.conn = <-conns
	return d
}

// The ways to end a connection.
func (d *duel) shutDown()       { go func() { _ = d.s.Shutdown(context.Background()) }() }
func (d *duel) closeFromHere()  { go func() { _ = d.conn.Close(4000, "ours") }() }
func (d *duel) handlerEnds()    { d.fails <- nil }
func (d *duel) handlerFails()   { d.fails <- errors.New("broken") }
func (d *duel) handlerCloses()  { d.fails <- &upgrade.CloseError{Code: 4001, Reason: "handler"} }
func (d *duel) peerCloses()     { d.close(protocol.CloseNormal, "bye") }
func (d *duel) peerComplains()  { d.close(4002, "peer") }
func (d *duel) peerHangsUp()    { d.hangUp() }
func (d *duel) peerBreaksRule() { d.frame(3, "", true) }

func TestWhoEndsAConnectionFirstIsInTheRight(t *testing.T) {
	for name, test := range map[string]struct {
		first, then func(d *duel)
		wire        upgrade.CloseCode // of the close frame, if one is seen
		closed      upgrade.CloseCode
		fromPeer    bool
		clean       bool
	}{
		"shutdown, handler ends":            {(*duel).shutDown, (*duel).handlerEnds, 1001, 1001, false, true},
		"shutdown, handler fails":           {(*duel).shutDown, (*duel).handlerFails, 1001, 1001, false, true},
		"shutdown, handler closes":          {(*duel).shutDown, (*duel).handlerCloses, 1001, 1001, false, true},
		"shutdown, we close":                {(*duel).shutDown, (*duel).closeFromHere, 1001, 1001, false, true},
		"shutdown, peer closes":             {(*duel).shutDown, (*duel).peerCloses, 1001, 1001, false, true},
		"shutdown, peer complains":          {(*duel).shutDown, (*duel).peerComplains, 4002, 4002, true, false},
		"shutdown, peer hangs up":           {(*duel).shutDown, (*duel).peerHangsUp, 0, 1006, false, false},
		"we close, shutdown":                {(*duel).closeFromHere, (*duel).shutDown, 4000, 4000, false, false},
		"handler ends, shutdown":            {(*duel).handlerEnds, (*duel).shutDown, 1000, 1000, false, true},
		"handler closes, shutdown":          {(*duel).handlerCloses, (*duel).shutDown, 4001, 4001, false, false},
		"handler closes, peer complains":    {(*duel).handlerCloses, (*duel).peerComplains, 4001, 4001, false, false},
		"handler ends, peer complains":      {(*duel).handlerEnds, (*duel).peerComplains, 1000, 4002, true, false},
		"handler ends, peer hangs up":       {(*duel).handlerEnds, (*duel).peerHangsUp, 0, 1006, false, false},
		"handler fails, peer hangs up":      {(*duel).handlerFails, (*duel).peerHangsUp, 0, 1011, false, false},
		"peer closes, shutdown":             {(*duel).peerCloses, (*duel).shutDown, 1000, 1000, true, true},
		"peer closes, handler fails":        {(*duel).peerCloses, (*duel).handlerFails, 1000, 1000, true, true},
		"peer complains, handler closes":    {(*duel).peerComplains, (*duel).handlerCloses, 4002, 4002, true, false},
		"peer breaks a rule, shutdown":      {(*duel).peerBreaksRule, (*duel).shutDown, 1002, 1002, false, false},
		"peer breaks a rule, handler fails": {(*duel).peerBreaksRule, (*duel).handlerFails, 1002, 1002, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDuel(t, quiet)
				test.first(d)
				time.Sleep(time.Second)
				test.then(d)
				if test.wire != 0 {
					d.expectClose(test.wire, "*")
					_, _ = d.Conn().Write(wstest.CloseFrame(test.wire, "").Append(nil, protocol.Client)) // or it has closed already
					d.expectEOF()
				}
				d.hangUp()
				err := <-d.s.ended
				closed := d.conn.Closed()
				require.Equal(t, test.closed, closed.Code, closed.Error())
				require.Equal(t, test.fromPeer, closed.FromPeer)
				require.Equal(t, test.clean, err == nil)
			})
		})
	}
}

func TestContextOfServeThatEndsClosesWith1001(t *testing.T) {
	onWires(t, func(t *testing.T, w wstest.Wire) {
		u := &upgrade.Upgrader{Settings: quiet}
		ctx, cancel := context.WithCancelCause(context.Background())
		enough := errors.New("enough")
		cause, ended := make(chan error, 1), make(chan error, 1)
		srv := wstest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ended <- u.Serve(w, r.WithContext(ctx), func(in source) source {
				return flow.FromFunc(func(ctx context.Context, _ func(message.Message) error) error {
					err := in.Run(ctx, func(message.Message) error { return nil })
					cause <- context.Cause(ctx)
					return err
				})
			})
		}), w)
		p := connect(t, srv, "/").up()
		cancel(enough)
		p.expectClose(protocol.CloseGoingAway, "")
		p.close(protocol.CloseGoingAway, "")
		p.expectEOF()
		require.ErrorIs(t, <-cause, enough)
		require.NoError(t, <-ended)
	})
}

func TestHandlerThatOutlivesTheGraceOfAShutdownIsCancelled(t *testing.T) {
	for name, test := range map[string]struct {
		answer bool
		after  time.Duration
	}{
		"once the peer has answered":  {true, 6 * time.Second},
		"or does not within its time": {false, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDuel(t, quiet)
				began := time.Now()
				down := later(func() error { return d.s.Shutdown(context.Background()) })
				d.expectClose(protocol.CloseGoingAway, "server shuts down")
				require.Equal(t, 5*time.Second, time.Since(began))
				time.Sleep(time.Second)
				if test.answer {
					d.close(protocol.CloseGoingAway, "")
				}
				require.NoError(t, <-down)
				require.Equal(t, test.after, time.Since(began))
				require.ErrorIs(t, d.conn.Closed(), upgrade.ErrShutdown)
			})
		})
	}
}

func TestFailureAfterTheEndIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		w := new(witness)
		d := newDuel(t, upgrade.Settings{Observer: w, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		d.peerCloses()
		time.Sleep(time.Second)
		d.handlerFails()
		require.NoError(t, <-d.s.ended)
		require.Empty(t, seen[upgrade.Failed](w))
		require.Empty(t, logged.String())
	})
}
