package reconnect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A run makes one connection after the other.
type run struct {
	*Client
	ctx     context.Context
	idle    context.Context // done when no connection is needed any more
	serve   func(conn *upgrade.Conn, hello []message.Message) ending
	attempt Attempt
}

// An ending is how an attempt, or the connection that it led to, has ended.
type ending struct {
	over bool // the run ends, with err
	err  error
}

// loop returns what the run ends with.
func (r *run) loop() error {
	for {
		r.attempt.Number++
		r.Status.set(State{Phase: Connecting, Attempt: r.attempt.Number})
		end := r.try()
		switch {
		case end.over:
			return end.err
		case r.ctx.Err() != nil:
			return context.Cause(r.ctx)
		case r.idle.Err() != nil:
			return nil
		}
		r.attempt.Failures++
		r.attempt.Err = end.err
		if over, err := r.verdict(end.err); over {
			return err
		}
		wait := r.Backoff.wait(r.attempt.Failures, end.err)
		r.Status.set(State{Phase: Waiting, Attempt: r.attempt.Number, Wait: wait, Err: end.err})
		r.pause(wait)
		switch {
		case r.ctx.Err() != nil:
			return context.Cause(r.ctx)
		case r.idle.Err() != nil:
			return nil
		}
	}
}

// verdict decides whether there is another attempt after one that ended with err.
func (r *run) verdict(err error) (over bool, _ error) {
	retry := r.Retry(err)
	if closed, ok := errors.AsType[*upgrade.CloseError](err); ok && !retry && closed.Code == protocol.CloseNormal {
		return true, nil
	}
	if !retry || r.MaxAttempts > 0 && r.attempt.Failures >= r.MaxAttempts {
		return true, &Error{Failures: r.attempt.Failures, Err: err}
	}
	return false, nil
}

// pause waits, unless the run ends before.
func (r *run) pause(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.ctx.Done():
	case <-r.idle.Done():
	}
}

// try makes one attempt, and serves the connection if there is one.
func (r *run) try() ending {
	conn, hello, end := r.connect()
	if conn == nil {
		return end
	}
	r.Status.set(State{Phase: Connected, Attempt: r.attempt.Number, Conn: conn})
	r.attempt.Connections++
	began := time.Now()
	end = r.serve(conn, hello)
	if time.Since(began) >= r.Backoff.Within {
		r.attempt.Failures = 0
	}
	return end
}

// errIdle is what an attempt is given up with that nobody needs any more.
var errIdle = errors.New("reconnect: nothing is left to be sent")

// connect returns a connection and what is to be sent on it first, or no connection and why.
func (r *run) connect() (*upgrade.Conn, []message.Message, ending) {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.idle, func() { cancel(errIdle) })()
	target, header, err := r.Target(ctx, r.attempt)
	if err != nil {
		return nil, nil, ending{err: fmt.Errorf("reconnect: Target: %w", err)}
	}
	conn, resp, err := r.dialer(header).Dial(ctx, target)
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		if !isTarget(target) {
			return nil, nil, ending{over: true, err: &Error{Failures: r.attempt.Failures + 1, Err: err}}
		}
		return nil, nil, ending{err: err}
	}
	served := false
	defer func() {
		if !served { // Hello has failed, or panicked
			_ = conn.Close(protocol.CloseGoingAway, "")
		}
	}()
	a := r.attempt
	a.Conn = conn
	hello, err := r.Hello(ctx, a)
	if err != nil {
		return nil, nil, ending{err: fmt.Errorf("reconnect: Hello: %w", err)}
	}
	served = true
	return conn, hello, ending{}
}

// dialer returns the Dialer with the header of an attempt.
func (r *run) dialer(header http.Header) *upgrade.Dialer {
	if len(header) == 0 {
		return r.Dialer
	}
	d := *r.Dialer
	d.Header = d.Header.Clone()
	if d.Header == nil {
		d.Header = make(http.Header, len(header))
	}
	maps.Copy(d.Header, header)
	return &d
}
