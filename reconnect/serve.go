package reconnect

import (
	"context"
	"errors"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// Run serves each connection with a run of h of its own, as [upgrade.Conn.Run] does, for clients that answer: agents, workers.
// It returns nil when h has completed by itself, or the server has closed with 1000; an *[Error] when there is no further attempt;
// and the cause of ctx when that is done. A handler that fails or panics while there is a connection ends the run, with
// the *[upgrade.CloseError] that the connection was closed with; one that ends because of the connection does not.
//
// Queue, Overflow, Lost and Acked of the Client have no meaning here. A Client that cannot work panics.
func (c *Client) Run(ctx context.Context, h upgrade.Handler) (err error) {
	r := &run{Client: c.resolved("Run"), ctx: ctx, idle: context.Background()}
	r.serve = func(conn *upgrade.Conn, hello []message.Message) ending { return r.serveWith(h, conn, hello) }
	flow.Guard(func(e error) { err = e }, func() error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return r.loop()
	})
	r.Status.set(State{Phase: Closed, Attempt: r.attempt.Number, Err: err})
	if p, ok := err.(*flow.PanicError); ok { // of Target, Hello or Retry
		panic(p)
	}
	return err
}

// serveWith serves one connection with a handler.
func (r *run) serveWith(h upgrade.Handler, conn *upgrade.Conn, hello []message.Message) ending {
	byItself := false
	err := conn.Run(r.ctx, func(in flow.Source[message.Message]) flow.Source[message.Message] {
		replies := flow.Concat(flow.Of(hello...), h(in))
		return flow.NewSource("Reconnect", func(ctx context.Context, emit func(message.Message) error, end func(error)) {
			replies.Start(ctx, emit, func(err error) {
				byItself = conn.Closed() == nil && ctx.Err() == nil
				end(err)
			})
		}).Named("Reconnect", flow.Describe(replies))
	})
	switch {
	case r.ctx.Err() != nil:
		return ending{over: true, err: context.Cause(r.ctx)}
	case byItself:
		return ending{over: true, err: err}
	}
	closed := conn.Closed()
	if _, panicked := errors.AsType[*flow.PanicError](closed); panicked && !closed.FromPeer {
		return ending{over: true, err: err} // where the handler was called
	}
	return ending{err: closed}
}
