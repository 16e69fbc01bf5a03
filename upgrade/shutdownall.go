package upgrade

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A Shutdowner is what can be ended in good order: an [http.Server], a [Server], an [Upgrader].
type Shutdowner interface {
	// Shutdown returns when all has ended, or when ctx ends.
	Shutdown(ctx context.Context) error
}

// Shutdown shuts down a server and the upgraders of its connections at the same time, which is what it takes:
// [http.Server.Shutdown] and [Server.Shutdown] do not know of WebSocket connections, and [Upgrader.Shutdown] does not know
// of listeners and requests. It waits for all of them, and returns their errors joined.
//
//	err := upgrade.Shutdown(ctx, server, &ws)
//
// A server closes its listeners first, so new clients cannot connect; the 503 of [Upgrader.Shutdown] goes to requests on connections that are
// there. Where everybody should get it, such as behind a load balancer, the upgraders are shut down before the server:
//
//	err := errors.Join(ws.Shutdown(ctx), server.Shutdown(ctx))
func Shutdown(ctx context.Context, all ...Shutdowner) error {
	errs := make([]error, len(all))
	var ended sync.WaitGroup
	for i, one := range all {
		ended.Go(func() { errs[i] = one.Shutdown(ctx) })
	}
	ended.Wait()
	return errors.Join(errs...)
}

// ShutdownOn has u shut down as soon as the server is, by whomever: an [http.Server] or a [Server]. The connections have
// the timeout, which runs from then on. It is called once, before the server is shut down.
//
// No server waits for its hooks, so somebody has to before the program exits: wait returns what [Upgrader.Shutdown] has, or the cause
// of ctx if that ends before. A server that is closed, and not shut down, calls no hooks. Who shuts down the server himself
// does better with [Shutdown].
func (u *Upgrader) ShutdownOn(server interface{ RegisterOnShutdown(f func()) }, timeout time.Duration) (wait func(ctx context.Context) error) {
	var begun atomic.Bool
	var err error
	down := make(chan struct{})
	server.RegisterOnShutdown(func() {
		if begun.Swap(true) { // http.Server calls its hooks each time
			return
		}
		defer close(down)
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		err = u.Shutdown(ctx)
	})
	return func(ctx context.Context) error {
		select {
		case <-down:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
