package conformance

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// An inbox is what the endpoint has said and the play has not yet asked for. A goroutine fills it, so that an endpoint that echoes is
// never kept waiting by a suite that writes.
type inbox struct {
	wake chan struct{} // has room for one
	done chan struct{} // closed when nothing more will come

	mu     sync.Mutex
	events []event
	heard  time.Time // when bytes came last
}

func newInbox() *inbox {
	return &inbox{wake: make(chan struct{}, 1), done: make(chan struct{}), heard: time.Now()}
}

// read takes note of all frames until the connection ends.
func (b *inbox) read(nc net.Conn, unread []byte, fromClient bool, record *record, judge referee) {
	defer close(b.done)
	chunk := make([]byte, 16<<10)
	for {
		f, n, err := parseFrame(unread, fromClient)
		switch {
		case err == nil:
			unread = unread[n:]
			e, ok := judge.judge(f)
			what := f.String()
			if e.compressed {
				what += ", inflated " + shown(e.payload)
			}
			record.received(what)
			if ok {
				b.put(e)
			}
			if e.broken != "" {
				_, _ = io.Copy(io.Discard, nc)
				return
			}
			continue
		case !errors.Is(err, errShort):
			b.put(event{broken: err.Error()})
			_, _ = io.Copy(io.Discard, nc)
			return
		}
		_ = nc.SetReadDeadline(time.Time{})
		n, err = nc.Read(chunk)
		unread = append(unread, chunk[:n]...)
		b.mu.Lock()
		b.heard = time.Now()
		b.mu.Unlock()
		if err != nil {
			b.finish(err, unread, record)
			return
		}
	}
}

func (b *inbox) finish(err error, unread []byte, record *record) {
	switch {
	case len(unread) > 0:
		record.received("a part of a frame: " + shown(unread))
		b.put(event{broken: "the connection ends inside a frame"})
	case errors.Is(err, net.ErrClosed): // by us
	case errors.Is(err, io.EOF):
		record.received("the end of the connection")
	default:
		record.received("the end of the connection: " + err.Error())
	}
	b.put(event{end: err})
}

func (b *inbox) put(e event) {
	b.mu.Lock()
	b.events = append(b.events, e)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

var errSilent = errors.New("silence")

// take waits for the next event. Time counts from the last byte that came, but for no longer than until.
func (b *inbox) take(ctx context.Context, within time.Duration, until time.Time) (event, error) {
	begun := time.Now()
	for {
		b.mu.Lock()
		heard := b.heard
		if len(b.events) > 0 {
			e := b.events[0]
			b.events = b.events[1:]
			b.mu.Unlock()
			return e, nil
		}
		b.mu.Unlock()
		if heard.Before(begun) {
			heard = begun
		}
		left := min(time.Until(heard.Add(within)), time.Until(until))
		if left <= 0 {
			return event{}, errSilent
		}
		timer := time.NewTimer(left)
		select {
		case <-b.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return event{}, context.Cause(ctx)
		}
		timer.Stop()
	}
}
