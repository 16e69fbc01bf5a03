package main

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"

	"github.com/wsflow/wsflow/flow/gostreams"
)

// A subscription is a source of go-streams: it gives what is published on a subject, as []byte.
type subscription struct{ out chan any }

// subscribe is done when the broker knows of the subscription. It ends with ctx, and fails the run that ctx is of
// when the connection to the broker ends, or when more waits than the client of the broker keeps.
func subscribe(ctx context.Context, conn *nats.Conn, subject string) (streams.Source, error) {
	sub, err := conn.SubscribeSync(subject)
	if err != nil {
		return nil, err
	}
	if err := conn.FlushTimeout(5 * time.Second); err != nil {
		return nil, err
	}
	s := &subscription{out: make(chan any)}
	go s.receive(ctx, sub)
	return s, nil
}

func (s *subscription) receive(ctx context.Context, sub *nats.Subscription) {
	defer close(s.out)
	defer func() { _ = sub.Unsubscribe() }() // fails only where there is nothing to unsubscribe from
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			gostreams.Fail(ctx, err)
			return
		}
		select {
		case s.out <- msg.Data:
		case <-ctx.Done():
			return
		}
	}
}

func (s *subscription) Out() <-chan any { return s.out }

func (s *subscription) Via(next streams.Flow) streams.Flow {
	gsflow.DoStream(s, next)
	return next
}

// A publisher is a sink of go-streams: what it is given, as []byte, is published on a subject.
type publisher struct {
	in   chan any
	done chan struct{}
}

func publish(ctx context.Context, conn *nats.Conn, subject string) streams.Sink {
	p := &publisher{in: make(chan any), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for element := range p.in {
			if err := conn.Publish(subject, element.([]byte)); err != nil {
				gostreams.Fail(ctx, err) // closes p.in
			}
		}
	}()
	return p
}

func (p *publisher) In() chan<- any   { return p.in }
func (p *publisher) AwaitCompletion() { <-p.done }
