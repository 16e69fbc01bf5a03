package wstest

import (
	"context"
	"errors"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A conversation is the connection of one [Request], with the server that was started for it.
type conversation struct {
	server *Server
	cancel context.CancelCauseFunc
}

type conversationKey struct{}

// errTestOver is the cause that a client is cancelled with when its test ends before the connection.
var errTestOver = errors.New("wstest: the test is over")

// talk serves the client's end until it has ended, and then ends the server. It returns once the client has
// been asked for its flow. Whoever serves it finds the conversation in its context.
//
// Nothing here waits for time to pass: when the function of a bubble has returned, it does not any more.
func talk(s *Server, conn *upgrade.Conn, client upgrade.Handler) {
	t := &conversation{server: s}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), conversationKey{}, t))
	t.cancel = cancel
	begun := make(chan struct{})
	s.crew.start(func() {
		_ = conn.Run(ctx, func(in flow.Source[message.Message]) flow.Source[message.Message] {
			defer close(begun)
			return client(in)
		})
		cancel(nil)
		s.shut()
	})
	<-begun
}

// end cuts the connection if it is open, and returns the stacks of the goroutines that do not end with it. It
// does not close in good order, since a handler that sends without end would let no virtual time pass for that.
func (t *conversation) end() string {
	t.server.cut()
	t.cancel(errTestOver)
	return t.server.close()
}
