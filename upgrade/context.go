package upgrade

import "context"

type connKey struct{}

// FromContext returns the connection that a handler serves, given the context that its functions are
// called with (by TryMap and others), or nil outside of a connection.
func FromContext(ctx context.Context) *Conn {
	c, _ := ctx.Value(connKey{}).(*Conn)
	return c
}
