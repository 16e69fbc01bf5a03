package upgrade

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

const (
	// lastWord is how long the 1001 of a connection that is cut may take to be written.
	lastWord = time.Second

	// lastMoment is how long a handler may take to return once its connection is cut, before Shutdown gives up on it.
	lastMoment = time.Second

	defaultRetryAfter = time.Second
)

// Shutdown ends all connections of u in good order, beside [http.Server.Shutdown], which does not know of them: [Shutdown]
// does both
// at the same time.
//
// New handshakes get 503, with Retry-After, as long as the server listens, which it does not within [Shutdown]. The
// connections are told at once, or one after the other within ShutdownSpread: the message
// that is arriving is read to its end, if it comes within CloseGrace, then the input of the handler completes; when the
// handler has ended, or CloseGrace is over, the message that is being sent is finished, and the peer gets 1001 (or
// ShutdownCode) and
// the closing handshake.
//
// When ctx ends first, what is left is cut: the peer gets 1001, if it takes it within a second, and the context of the
// handler is cancelled with [ErrShutdown]. Shutdown returns when the handlers have, but for those that do not within another
// second. The error is a *[ShutdownError] then, which tells how many connections were cut and which handlers run on, and
// wraps the cause of ctx.
//
// A peer that does not answer takes CloseTimeout, after up to CloseGrace of its handler: a ctx shorter than both cuts it.
// For 10 s, say, CloseGrace may be
// 2 s and CloseTimeout 3 s.
//
// Shutdown may be called again, also meanwhile: each call ends what is left by its own ctx, and the first one that tells or
// cuts a connection counts.
// There is no way back.
func (u *Upgrader) Shutdown(ctx context.Context) error {
	set := u.settings()
	began := time.Now()
	conns, gone := u.registry.shut()
	set.observe(Draining{Connections: len(conns)})
	err := u.drain(ctx, conns, gone)
	set.observe(Drained{Duration: time.Since(began), Err: err})
	return err
}

// drain tells the connections and waits until they have gone, or cuts them when ctx ends.
func (u *Upgrader) drain(ctx context.Context, conns []*Conn, gone <-chan struct{}) error {
	tell(ctx, conns, u.spread(ctx), gone)
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	left, gone := u.registry.shut()
	cut := cutAll(left)
	select {
	case <-gone:
	case <-time.After(lastMoment):
	}
	running, _ := u.registry.shut()
	return newShutdownError(context.Cause(ctx), cut, running)
}

// spread returns the time to tell the connections within: what is set, or so much less that the last one has its grace
// before ctx ends.
func (u *Upgrader) spread(ctx context.Context) time.Duration {
	window := u.ShutdownSpread
	if deadline, ok := ctx.Deadline(); ok {
		grace := cmp.Or(u.settings().CloseGrace, defaultCloseGrace) + lastWord
		window = min(window, time.Until(deadline)-grace)
	}
	return max(window, 0)
}

// tell tells the connections in random order, evenly within a window, that the server goes down. When ctx ends, those
// that are left are told at once.
func tell(ctx context.Context, conns []*Conn, window time.Duration, gone <-chan struct{}) {
	rand.Shuffle(len(conns), func(i, j int) { conns[i], conns[j] = conns[j], conns[i] })
	began := time.Now()
	next := time.NewTimer(0)
	defer next.Stop()
	for i, c := range conns {
		due := time.Duration(float64(window) * float64(i) / float64(len(conns)))
		if wait := due - time.Since(began); wait > 0 && ctx.Err() == nil {
			next.Reset(wait)
			select {
			case <-next.C:
			case <-ctx.Done():
			case <-gone:
				return
			}
		}
		c.goAway(c.goingAway())
	}
}

// goAway begins the end of the connection, in good order, because of something that neither its handler nor its peer did:
// the input
// completes, and when the handler has ended, or CloseGrace is over, the peer gets the close frame that cause says. An ending
// that has begun already goes on as it was.
func (c *Conn) goAway(cause *CloseError) {
	if c.gone.Err() != nil {
		return
	}
	c.because(cause)
	if c.draining.Swap(true) {
		return
	}
	c.closing.mu.Lock()
	c.startGrace(false)
	c.closing.mu.Unlock()
	c.kick()
	if !c.served.Load() && !c.started.Load() {
		go func() { _ = c.finish(context.Background(), nil) }()
	}
}

// goingAway is the cause of endings by shutdown.
func (c *Conn) goingAway() *CloseError {
	return &CloseError{Code: cmp.Or(c.registry.code, protocol.CloseGoingAway), Reason: "server shuts down", Err: ErrShutdown}
}

// cutAll cuts the connections at the same time, and returns how many of them were not over yet.
func cutAll(conns []*Conn) (n int) {
	var cut sync.WaitGroup
	for _, c := range conns {
		if c.gone.Err() == nil {
			n++
			cut.Go(c.cutShort)
		} else { // it may yet hear out a peer that broke the protocol
			cut.Go(func() { _ = c.nc.Close() })
		}
	}
	cut.Wait()
	return n
}

// cutShort ends a connection at once. The peer is told, if it takes bytes at all.
func (c *Conn) cutShort() {
	cut := func() { _ = c.drop("cut by the server's shutdown", ErrShutdown) }
	late := time.AfterFunc(lastWord, cut)
	defer late.Stop()
	e := c.goingAway()
	c.sendClose(e.Code, e.Reason)
	cut()
}

// shutsDown is what a handshake gets that comes too late.
func (u *Upgrader) shutsDown() *Rejection {
	refused := &Rejection{Status: http.StatusServiceUnavailable, Reason: "server shuts down", cause: ErrShutdown}
	if after := cmp.Or(u.ShutdownRetryAfter, defaultRetryAfter); after > 0 {
		refused.Header = http.Header{"Retry-After": {formatDelay(after)}}
	}
	return refused
}
