package reconnect

import (
	"context"
	"fmt"
	"net/http"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A Client says how to reach a server, and what to do when the connection is lost. It is a recipe: each run has
// connections and a queue of its own, and any number of them may be under way. A Client with a URL is ready. Its fields
// are not changed once it is in use.
//
// The functions of one run are not called at the same time, and Target and Hello only while nothing comes out of
// its flow: what the synchronous operators behind it have noted needs no lock to be read there.
type Client struct {
	// URL is the ws or wss URL of the server. One that is none ends the run at once.
	URL string

	// Dialer connects. Nil is the zero Dialer. Its Observer sees all connections, and the attempts that fail.
	Dialer *upgrade.Dialer

	// Target, if it is set, is called before each attempt, and returns the URL, which may say what was seen last, and
	// header fields, such as a token that was renewed. They come before those of the Dialer. An error is a failed
	// attempt. ctx ends with the run.
	Target func(ctx context.Context, a Attempt) (url string, header http.Header, err error)

	// Hello, if it is set, is called once there is a connection, and returns what is sent on it before anything else.
	// An error is a failed attempt, and the connection is closed.
	Hello func(ctx context.Context, a Attempt) ([]message.Message, error)

	// Backoff is how long to wait before an attempt.
	Backoff Backoff

	// MaxAttempts is how many failures in a row end the run: with 1 nothing is tried again. 0 is without limit.
	MaxAttempts int

	// Retry decides which errors are worth another attempt. It is asked with the *[upgrade.CloseError] of a connection,
	// with what [upgrade.Dialer.Dial] has returned, such as a *[upgrade.RefusedError], or with what wraps the error of Target or
	// Hello. Nil is [Retryable].
	Retry func(err error) bool

	// Queue is how many messages may wait to be sent, 64 by default; the one that is being sent is among them. With Acked
	// those that are not acknowledged are, too.
	Queue int

	// Overflow says what happens to a message that comes while the queue is full: with Backpressure, the default, the
	// input waits; with DropOldest, DropNewest and DropAll messages are dropped; with FailOnOverflow the run fails, at
	// once, with [flow.ErrOverflow].
	Overflow flow.OverflowStrategy

	// Lost, if it is set, is told of messages of the input that were not sent, or perhaps not: those that Overflow
	// drops ([flow.ErrOverflow]), that were being written when the connection was lost, and that still waited when the run
	// ended. A message that was written whole is not among them, whether it has arrived or not, unless it is Acked that waits
	// for it. Lost may be called beside the other functions, and does not wait.
	Lost func(m message.Message, err error)

	// Acked, if it is set, is called with each message that arrives, before it comes out of the flow, and returns how
	// many of the messages that wait for it the server acknowledges with it, oldest first. What is not acknowledged when a
	// connection is lost is sent again on the next one, in order and before anything else but Hello, and a run whose input is
	// complete ends once all is. A streamed message cannot be sent twice: it fails the run.
	Acked func(m message.Message) int

	// Status, if it is set, is kept up to date. It is for one run at a time.
	Status *Status
}

const defaultQueue = 64

// An Attempt is what the functions of a [Client] are told about the connection to come.
type Attempt struct {
	Number      int           // in this run; the first is 1
	Failures    int           // in a row, before this attempt
	Connections int           // that there have been in this run, without this one
	Err         error         // what the last connection or attempt ended with; nil for the first attempt
	Conn        *upgrade.Conn // for Hello, which neither reads from it nor closes it; nil for Target
}

// An Error is what a run fails with when there is no further attempt.
type Error struct {
	Failures int   // in a row, with the last one
	Err      error // what that ended with, such as a *[upgrade.CloseError] or a *[upgrade.RefusedError]
}

// Error returns how many failures there were, and the last.
func (e *Error) Error() string {
	if e.Failures == 1 {
		return fmt.Sprintf("reconnect: failed: %v", e.Err)
	}
	return fmt.Sprintf("reconnect: failed %d times in a row: %v", e.Failures, e.Err)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// resolved returns a copy of c with its defaults, for the method with this name.
func (c *Client) resolved(method string) *Client {
	r := *c
	if r.MaxAttempts < 0 || r.Queue < 0 {
		panic("reconnect: Client." + method + " with a negative number")
	}
	if r.Overflow > flow.FailOnOverflow {
		panic("reconnect: Client." + method + " with unknown " + r.Overflow.String())
	}
	r.Backoff = r.Backoff.resolved(method)
	if r.Dialer == nil {
		r.Dialer = new(upgrade.Dialer)
	}
	if r.Target == nil {
		r.Target = func(context.Context, Attempt) (string, http.Header, error) { return r.URL, nil, nil }
	}
	if r.Hello == nil {
		r.Hello = func(context.Context, Attempt) ([]message.Message, error) { return nil, nil }
	}
	if r.Retry == nil {
		r.Retry = Retryable
	}
	if r.Queue == 0 {
		r.Queue = defaultQueue
	}
	if r.Lost == nil {
		r.Lost = func(message.Message, error) {}
	}
	if r.Status == nil {
		r.Status = new(Status)
	}
	return &r
}
