package wstest

import (
	"context"
	"errors"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A conversation is the connection of one [Request], with the server that was started for it.
type conversation struct {
	server *Server
	cancel context.CancelCauseFunc
	ended  chan struct{} // the client's end has ended
	over   chan struct{} // and the server
	left   string        // goroutines that did not end; set before over is closed
}

type conversationKey struct{}

// errTestOver is the cause that a client is cancelled with when its test ends before the connection.
var errTestOver = errors.New("wstest: the test is over")

// talk serves the client's end until it has ended, and then ends the server. It returns once the client has been asked for its
// flow. Whoever serves it finds the conversation in its context.
func talk(s *Server, conn *upgrade.Conn, client upgrade.Handler) {
	t := &conversation{server: s, ended: make(chan struct{}), over: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), conversationKey{}, t))
	t.cancel = cancel
	begun := make(chan struct{})
	s.crew.start(func() {
		defer close(t.ended)
		_ = conn.Run(ctx, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			defer close(begun)
			return client(in)
		})
	})
	go func() {
		<-t.ended
		t.left = s.close()
		close(t.over)
	}()
	<-begun
}

// end cuts the connection if it is open, and returns the stacks of the goroutines that do not end with it. It does not
// close in good order, since a handler that sends without end would let no virtual time pass for that.
func (t *conversation) end() string {
	t.server.cut()
	t.cancel(errTestOver)
	select {
	case <-t.over:
		return t.left
	case <-time.After(grace + 2*patience):
		return t.server.crew.stacks()
	}
}
