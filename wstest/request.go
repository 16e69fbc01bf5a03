package wstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// A Request is what a test asks a route, or any http.Handler, over a [Wire] of its own. Its methods return it, so
// that they can be chained up to [Request.Run].
type Request struct {
	method string
	target string
	client upgrade.Handler // nil for an ordinary request
	dialer upgrade.Dialer
	wire   Wire
}

// WS returns the request for a WebSocket connection that client serves on the test's side, such as
// [WSProbe.Flow]. The target is a path, such as "/chat?room=1", or a whole URL, where the host matters.
func WS(target string, client upgrade.Handler) *Request {
	if client == nil {
		panic("wstest: WS without a client")
	}
	return &Request{method: http.MethodGet, target: target, client: client, dialer: upgrade.Dialer{Header: make(http.Header)}}
}

// HTTP returns an ordinary request, without a body, as one that is not meant for WebSocket. The target is that
// of [WS].
func HTTP(method, target string) *Request {
	return &Request{method: method, target: target, dialer: upgrade.Dialer{Header: make(http.Header)}}
}

// Header adds a header field.
func (q *Request) Header(name, value string) *Request {
	q.dialer.Header.Add(name, value)
	return q
}

// Cookie adds a cookie.
func (q *Request) Cookie(name, value string) *Request {
	with := http.Request{Header: q.dialer.Header}
	with.AddCookie(&http.Cookie{Name: name, Value: value})
	return q
}

// Subprotocols offers subprotocols, in order of preference.
func (q *Request) Subprotocols(names ...string) *Request {
	q.dialer.Subprotocols = append(q.dialer.Subprotocols, names...)
	return q
}

// Settings sets the limits and deadlines of the client's end.
func (q *Request) Settings(s upgrade.Settings) *Request {
	q.dialer.Settings = s
	return q
}

// Over sets the wire. Without it, it is memory.
func (q *Request) Over(w Wire) *Request {
	q.wire = w
	return q
}

// Run sends the request to h and returns the response. If that is an upgrade, the connection goes on: until one
// of the two ends closes it, or until the end of the test of the [WSProbe] that serves it.
//
// A refusal is a response like others. Run panics if there is no response at all, or the server breaks the
// rules of the handshake.
func (q *Request) Run(h http.Handler) *Response {
	seen := &witness{handler: h}
	s, err := newServer(nil, seen, q.wire)
	if err != nil {
		panic(fmt.Errorf("wstest: Run: %w", err))
	}
	var r *Response
	if q.client == nil {
		r, err = q.get(s)
	} else {
		r, err = q.connect(s)
	}
	if err != nil {
		s.cut()
		_ = s.close()
		panic(fmt.Errorf("wstest: no response to %s %s: %w", q.method, q.target, err))
	}
	r.rejections = seen.rejections()
	return r
}

// connect asks for the upgrade, and begins the conversation if it is granted.
func (q *Request) connect(s *Server) (*Response, error) {
	d := s.Dialer()
	d.Settings, d.Header, d.Subprotocols = q.dialer.Settings, q.dialer.Header, q.dialer.Subprotocols
	conn, resp, err := d.Dial(context.Background(), q.url(s.URL))
	if err != nil {
		_, refused := errors.AsType[*upgrade.RefusedError](err)
		if !refused || resp == nil || resp.StatusCode == http.StatusSwitchingProtocols { // the server does not know the rules
			return nil, err
		}
		defer s.close()
		return newResponse(resp)
	}
	r, err := newResponse(resp)
	if err != nil {
		return nil, err
	}
	r.conn = conn
	talk(s, conn, q.client)
	return r, nil
}

// get makes an ordinary request.
func (q *Request) get(s *Server) (*Response, error) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, q.method, q.url(s.HTTPURL), nil)
	if err != nil {
		return nil, err
	}
	ask.Header = q.dialer.Header
	resp, err := s.transport.RoundTrip(ask) // not a Client, which would follow redirects
	if err != nil {
		return nil, err
	}
	defer s.close()
	defer resp.Body.Close()
	return newResponse(resp)
}

func (q *Request) url(of func(path string) string) string {
	if strings.Contains(q.target, "://") {
		return q.target
	}
	return of(q.target)
}

// newResponse reads the body.
func newResponse(resp *http.Response) (*Response, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return &Response{Response: resp}, nil // what follows is not a body
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	return &Response{Response: resp, body: string(body)}, nil
}
