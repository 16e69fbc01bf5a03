package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A request asks for a call. Its id is the client's matter: any JSON, which comes back with the reply.
type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`

	refused bool // it came too soon
}

// A reply has the id of its request, and the result or what went wrong.
type reply struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// A service is a set of methods, and what one connection may demand of it.
type service struct {
	methods map[string]method
	atWork  int           // calls at the same time; while there are so many, no further messages are read
	timeout time.Duration // of a call
	rate    flow.Rate     // of requests; those that come too soon are refused
	flood   flow.Rate     // of messages; a peer that sends more is sent away
	logger  *slog.Logger
}

// handler serves one connection. Replies are sent when they are there, in any order. A peer that floods us is sent away when
// the calls at work are answered, which takes a timeout at most.
func (s *service) handler(in flow.Source[message.Message]) flow.Source[message.Message] {
	in = flow.EnforceRate(in, s.flood, sendAway)
	return message.JSON(s.answer, message.Codec{Invalid: answerMalformed})(in)
}

func (s *service) answer(requests flow.Source[request]) flow.Source[reply] {
	requests = flow.EnforceRate(requests, s.rate, refuse) // Throttle instead would let the peer wait
	return flow.MapAsyncUnordered(requests, s.atWork, s.call)
}

func sendAway(_ context.Context, m message.Message) (message.Message, error) {
	return m, &upgrade.CloseError{Code: protocol.ClosePolicyViolation, Reason: "too many messages"}
}

// answerMalformed replies past the calls, since what is not JSON is no request, and has no id.
func answerMalformed(ctx context.Context, _ message.Message, _ error) error {
	return upgrade.FromContext(ctx).Send(ctx, message.Text(`{"id":null,"error":"malformed request"}`))
}

func refuse(_ context.Context, r request) (request, error) {
	r.refused = true
	return r, nil
}

// call replies to a request. It fails when the connection is over, and nobody waits for the reply; whatever else goes
// wrong is a reply.
func (s *service) call(ctx context.Context, r request) (reply, error) {
	result, err := s.run(ctx, r)
	if ctx.Err() != nil {
		return reply{}, context.Cause(ctx)
	}
	return reply{r.ID, result, s.publicText(ctx, r, err)}, nil
}

func (s *service) run(ctx context.Context, r request) (result json.RawMessage, err error) {
	method, ok := s.methods[r.Method]
	switch {
	case r.refused:
		return nil, fault("rate limited")
	case !ok:
		return nil, fault("unknown method")
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	defer func() { // a panic would end the connection, and the other calls with it
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return method(ctx, r.Params)
}

// A fault is an error that the peer may read. Of any other it learns nothing.
type fault string

func (f fault) Error() string { return string(f) }

func (s *service) publicText(ctx context.Context, r request, err error) string {
	public, isPublic := errors.AsType[fault](err)
	switch {
	case err == nil:
		return ""
	case isPublic:
		return string(public)
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	}
	s.logger.ErrorContext(ctx, "call failed", "method", r.Method, "error", err)
	return "internal error"
}
