package upgrade

import (
	"net/http"
	"slices"

	"github.com/wsflow/wsflow/protocol"
)

// A Request is an HTTP request that asks, correctly, to become a WebSocket connection. It belongs to
// one goroutine.
type Request struct {
	*http.Request

	offer       *protocol.Offer
	subprotocol string
	response    http.Header
	key         string // for the limits by key
	keyed       bool   // it is known
}

// Subprotocols returns what the client offers, in its order of preference. The slice is read-only.
func (q *Request) Subprotocols() []string { return q.offer.Subprotocols }

// Subprotocol returns what was chosen, or "".
func (q *Request) Subprotocol() string { return q.subprotocol }

// Choose chooses the first of the client's offers that is among the given ones, and returns it. If none
// is, it returns "" and the connection has no subprotocol. Names are compared exactly (RFC 6455, 4.2.2).
func (q *Request) Choose(supported ...string) string {
	q.subprotocol = ""
	for _, name := range q.offer.Subprotocols {
		if slices.Contains(supported, name) {
			q.subprotocol = name
			break
		}
	}
	return q.subprotocol
}

// ResponseHeader returns the header that goes out with the 101 response, for cookies and the like. Those
// of the handshake itself are not the user's to set.
func (q *Request) ResponseHeader() http.Header {
	if q.response == nil {
		q.response = make(http.Header)
	}
	return q.response
}
