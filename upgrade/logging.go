package upgrade

import (
	"context"
	"net"
	"net/http"
)

// The keys of what is logged are documented in package observe, which logs under the same ones.

// log tells what nobody else can be told, with what the connection is known by. A logger that panics does not keep the connection
// from ending.
func (c *Conn) log(ctx context.Context, text string, args ...any) {
	defer func() { _ = recover() }()
	about := []any{"conn", c.id, "remote", addrText(c.RemoteAddr())}
	if r := c.request; r != nil && r.URL != nil {
		about = append(about, "path", cutText(r.URL.Path))
	}
	c.set.Logger.ErrorContext(ctx, text, append(about, args...)...)
}

// aboutRequest returns what a request is known by in a log. Its query, which tokens are in, is no part of that.
func aboutRequest(event string, r *http.Request) []any {
	args := []any{"event", event, "remote", r.RemoteAddr}
	if r.URL != nil {
		args = append(args, "path", cutText(r.URL.Path))
	}
	return args
}

// addrText is an address as a log has it.
func addrText(addr net.Addr) string {
	if addr == nil { // of a transport of the user's
		return ""
	}
	return addr.String()
}
