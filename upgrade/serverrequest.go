package upgrade

import (
	"context"
	"net/http"
	"net/url"

	"github.com/wsflow/wsflow/protocol"
)

// asksForWebSocket reports whether a request is for the server to take itself. Whatever else there may be wrong with
// it, it is an HTTP/1.1 request that has no body and asks for nothing that takes a server to read on.
func asksForWebSocket(r *protocol.Request) bool {
	return r.Method == http.MethodGet && r.Proto == "HTTP/1.1" && !r.HasBody && len(r.Header["Expect"]) == 0 &&
		r.Header.Has("Upgrade", "websocket") && r.Header.Has("Connection", "upgrade")
}

// request returns the request as net/http has it, or nil if its URL is malformed.
func (c *serverConn) request(r *protocol.Request) *http.Request {
	at, err := url.ParseRequestURI(r.Target)
	if err != nil {
		return nil
	}
	remote := ""
	if addr := c.nc.RemoteAddr(); addr != nil {
		remote = addr.String()
	}
	return &http.Request{
		Method: r.Method, URL: at, Proto: r.Proto, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header(r.Header), Body: http.NoBody, Host: r.Host,
		Close:      r.Header.Has("Connection", "close"),
		RemoteAddr: remote, RequestURI: r.Target, TLS: c.tls,
	}
}

// A requestContext is the context of a request that begins to watch for the client's end when somebody wants
// to know of it.
type requestContext struct {
	context.Context
	w *serverResponse
}

// Done is closed when the client is gone or the handler has returned.
func (c *requestContext) Done() <-chan struct{} {
	c.w.startWatching()
	return c.Context.Done()
}
