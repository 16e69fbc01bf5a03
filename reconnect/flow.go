package reconnect

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// Flow returns a flow that starts goroutines, and survives its connections: what goes in is sent, what comes out came
// from whichever connection there is. Each run of what it gives is a run of the Client.
//
//   - When the input ends, what waits in the queue is sent, also by connections that are yet to come; then the connection
//     is closed with 1000, what the server still says comes out, and the stream ends as the input did. If the server did not agree
//     to that closing, it fails with the *[upgrade.CloseError] instead. A client that only listens is given [flow.Never].
//   - When the server closes with 1000, the stream is complete, and the input is cancelled.
//   - When there is no further attempt, the stream fails with an *[Error].
//   - When ctx is done, the connection is closed with 1001; when what follows wants no more, with 1000, or, if it has failed with
//     a *[upgrade.CloseError], with that.
//   - A message that cannot be sent, a text that is not UTF-8 or a stream that fails, fails the stream and the connection.
//
// A Client that cannot work panics.
//
//	in          --1----2--------3----------|
//	connection  --1----2--X   ?---3--?-----1000
//	out         ----a----b----------c--d---|
func (c *Client) Flow() upgrade.Handler {
	set := c.resolved("Flow")
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		return flow.NewSource("Reconnect", func(ctx context.Context, emit func(message.Message) error, end func(error)) {
			flow.Go(ctx, func() {
				f := &flowing{box: newOutbox(set), emit: emit}
				f.run = run{Client: set, idle: f.box.idle, serve: f.serve}
				f.begin(ctx, in, end)
			})
		}).Named("Reconnect", flow.Describe(in))
	}
}

// A flowing is one run of a Client's flow.
type flowing struct {
	run
	box  *outbox
	emit func(message.Message) error
	stop atomic.Pointer[error] // what follows has said so
}

var errEnded = errors.New("reconnect: the run has ended")

func (f *flowing) begin(ctx context.Context, in flow.Source[message.Message], end func(error)) {
	ctx, cancel := context.WithCancelCause(ctx)
	f.ctx = ctx
	feeding, stopFeeding := context.WithCancelCause(ctx)
	fed := make(chan struct{})
	var failure error
	go in.Start(feeding, func(m message.Message) error {
		err := f.box.put(feeding, m)
		if errors.Is(err, flow.ErrOverflow) {
			cancel(err)
		}
		return err
	}, func(err error) {
		failure = err
		f.box.close(err)
		if panicked, ok := err.(*flow.PanicError); ok { // nothing of it waits for a connection
			cancel(panicked)
		}
		close(fed)
	})
	finish := func(err error) {
		stopFeeding(errEnded)
		<-fed
		cancel(nil)
		f.box.finish()
		if p, panicked := failure.(*flow.PanicError); panicked && f.stop.Load() == nil {
			err = p
		}
		f.Status.set(State{Phase: Closed, Attempt: f.attempt.Number, Err: err})
		end(err)
	}
	var result error
	flow.Guard(finish, func() error {
		flow.Guard(func(err error) { result = err }, f.loop)
		why := result
		if why == nil {
			why = errEnded
		}
		through := f.idle.Err() != nil
		stopFeeding(errEnded)
		<-fed
		f.box.leave(why)
		if result == nil && through {
			return f.box.err
		}
		return result
	})
}

// serve lets a connection have what waits, and emits what it brings.
func (f *flowing) serve(conn *upgrade.Conn, hello []message.Message) ending {
	f.box.rewind()
	s := &sending{flowing: f, conn: conn, hello: hello, begun: make(chan struct{})}
	out := flow.NewSource("Queue", func(ctx context.Context, send func(message.Message) error, end func(error)) {
		flow.Guard(end, func() error { return s.run(ctx, send) })
	})
	err := conn.Flow()(out).Run(f.ctx, s.pass)
	stop := f.stop.Load()
	switch {
	case stop != nil:
		return ending{over: true, err: *stop}
	case f.ctx.Err() != nil:
		return ending{over: true, err: context.Cause(f.ctx)}
	case s.refused != nil:
		return ending{over: true, err: s.refused}
	case s.done:
		if f.box.err != nil {
			err = f.box.err
		}
		return ending{over: true, err: err}
	}
	return ending{err: conn.Closed()}
}

// A sending is one connection, with what it is given.
type sending struct {
	*flowing
	conn    *upgrade.Conn
	hello   []message.Message
	begun   chan struct{} // closed when sending has begun
	count   uint64        // of messages that were sent
	done    bool          // all that there is, and nothing more comes
	refused error         // because of a message that cannot be sent
}

// pass emits a message of the server.
func (s *sending) pass(m message.Message) error {
	var err error = &upgrade.CloseError{Code: protocol.CloseInternalError} // if it panics
	defer func() {
		if err != nil {
			s.stop.Store(&err)
			<-s.begun // so that it can say the code
		}
	}()
	if s.Acked != nil {
		s.box.acked(s.Acked(m))
	}
	err = s.emit(m)
	return err
}

func (s *sending) run(ctx context.Context, send func(message.Message) error) error {
	close(s.begun)
	for _, m := range s.hello {
		if err := send(m); err != nil {
			if s.isRefusal(ctx, err) {
				s.refused = err
			}
			return s.parting(err)
		}
		s.count++
	}
	for {
		m, ok, err := s.box.next(ctx)
		switch {
		case err != nil:
			return s.parting(err)
		case !ok:
			s.done = true
			return s.box.err
		}
		if err := send(m); err != nil {
			s.failed(ctx, m, err)
			return s.parting(err)
		}
		s.count++
		s.box.handed()
	}
}

// failed decides what becomes of a message that Send has failed with.
func (s *sending) failed(ctx context.Context, m message.Message, err error) {
	switch {
	case s.isRefusal(ctx, err):
		s.refused = err
		s.box.keep() // and is lost with all that waits
	case m.IsStrict() && s.conn.Traffic().MessagesOut <= s.count:
		s.box.keep() // no byte of it was written
	default:
		s.box.lose(err)
	}
}

// isRefusal reports whether it is the message's fault that it could not be sent, and not the connection's.
func (s *sending) isRefusal(ctx context.Context, err error) bool {
	closed := s.conn.Closed()
	return ctx.Err() == nil && (closed == nil || !errors.Is(err, closed))
}

// parting returns what the connection is closed with: what follows may have failed with a code.
func (s *sending) parting(err error) error {
	if stop := s.stop.Load(); stop != nil {
		if closed, ok := errors.AsType[*upgrade.CloseError](*stop); ok {
			return closed
		}
	}
	return err
}
