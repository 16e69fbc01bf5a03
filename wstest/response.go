package wstest

import (
	"net/http"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// A Response is what came of a [Request]: a connection, or another response of HTTP.
type Response struct {
	*http.Response // its body has been read, and is there to be read once more

	body       string
	rejections []error
	conn       *upgrade.Conn
}

// Check calls f with the response, and returns it.
func (r *Response) Check(f func(r *Response)) *Response {
	f(r)
	return r
}

// IsWebSocketUpgrade reports whether there is a connection: the status is 101 and Upgrade says websocket.
func (r *Response) IsWebSocketUpgrade() bool {
	return r.StatusCode == http.StatusSwitchingProtocols && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// Subprotocol returns the subprotocol that was agreed on, or "".
func (r *Response) Subprotocol() string { return r.Header.Get("Sec-Websocket-Protocol") }

// Text returns the body.
func (r *Response) Text() string { return r.body }

// Rejections returns why the request was rejected, if it was and what served it is a [routing.Route]: every
// reason, in the order of the routes.
func (r *Response) Rejections() []error { return r.rejections }

// Conn returns the client's end of the connection, or nil if there is none. It is served already: what is left
// for a test are addresses, pings, closing, and how it ended.
func (r *Response) Conn() *upgrade.Conn { return r.conn }
