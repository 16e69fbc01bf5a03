package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"golang.org/x/net/proxy"

	"github.com/wsflow/wsflow/protocol"
)

// A ProxyError says why a proxy has not connected us to the server: it cannot be reached, its answer makes no
// sense, or it refuses.
type ProxyError struct {
	Proxy  string      // the URL of the proxy, without user name and password
	Status int         // of an HTTP proxy's response, such as http.StatusProxyAuthRequired; 0 if there is none
	Header http.Header // of that response
	Reason string

	cause error
	text  string
}

// Error returns the proxy, the status and the reason, and how the body of the response begins.
func (e *ProxyError) Error() string { return "upgrade: dial: proxy " + e.Proxy + ": " + e.text }

// Unwrap returns what lies behind the error, such as a *[net.OpError], or nil.
func (e *ProxyError) Unwrap() error { return e.cause }

// proxyOf returns the proxy of a request, or nil.
func (d *Dialer) proxyOf(ask *http.Request) (*url.URL, error) {
	choose := d.Proxy
	switch {
	case choose == nil && d.DialContext != nil:
		return nil, nil
	case choose == nil:
		choose = http.ProxyFromEnvironment
	}
	asked := ask.Clone(ask.Context())
	asked.URL = asHTTP(ask.URL)
	u, err := choose(asked)
	if err != nil {
		return nil, fmt.Errorf("upgrade: dial: proxy: %w", err)
	}
	if u == nil {
		return nil, nil
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return nil, fmt.Errorf("upgrade: dial: scheme of proxy %q is not http, https, socks5 or socks5h", nameOf(u))
	case u.Hostname() == "":
		return nil, fmt.Errorf("upgrade: dial: no host in proxy %q", nameOf(u))
	}
	return u, nil
}

// nameOf returns the URL of a proxy for errors.
func nameOf(u *url.URL) string { return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String() }

// connectVia opens a connection to addr through a proxy.
func (d *Dialer) connectVia(ctx context.Context, via *url.URL, addr string) (net.Conn, *http.Response, error) {
	failed := func(err error) error {
		return &ProxyError{Proxy: nameOf(via), Reason: err.Error(), text: err.Error(), cause: err}
	}
	if via.Scheme == "socks5" || via.Scheme == "socks5h" {
		nc, err := d.connectSOCKS(ctx, via, addr)
		if err != nil {
			return nil, nil, failed(err)
		}
		return nc, nil, nil
	}
	nc, err := d.dial(ctx, addrOf(via))
	if err == nil && via.Scheme == "https" {
		nc, err = secure(ctx, nc, d.ProxyTLS, via.Hostname())
	}
	if err != nil {
		return nil, nil, failed(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(aLongTimeAgo) })
	glued, resp, err := d.tunnel(nc, via, addr)
	if !stop() && err == nil { // too late: the deadline is being set
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = nc.Close()
		if _, ok := errors.AsType[*ProxyError](err); !ok {
			err = failed(err)
		}
		return nil, resp, err
	}
	if len(glued) > 0 || via.Scheme == "https" {
		return &tunnelled{Conn: nc, glued: glued}, nil, nil
	}
	return nc, nil, nil
}

// tunnel asks an HTTP proxy to connect to addr, and returns what came right behind its answer, which is the
// server's. The response is that of a proxy that refuses.
func (d *Dialer) tunnel(nc net.Conn, via *url.URL, addr string) (glued []byte, resp *http.Response, err error) {
	header := d.ProxyConnectHeader.Clone()
	if header == nil {
		header = make(http.Header)
	}
	spellCredentials(header)
	if user := via.User; user != nil && header.Get("Proxy-Authorization") == "" {
		password, _ := user.Password()
		r := http.Request{Header: make(http.Header)}
		r.SetBasicAuth(user.Username(), password)
		header.Set("Proxy-Authorization", r.Header.Get("Authorization"))
	}
	ask := protocol.ConnectHandshake{Target: addr, Header: protocol.Header(header)}
	head, err := ask.AppendRequest(nil)
	if err != nil {
		return nil, nil, err
	}
	if _, err := nc.Write(head); err != nil {
		return nil, nil, err
	}
	answer, glued, err := readAnswer(nc)
	if err == nil {
		if err = ask.CheckResponse(answer); err == nil {
			return glued, nil, nil
		}
		resp = readRefusal(nc, glued, responseOf(answer))
		keepBody(resp)
	}
	refused, ok := errors.AsType[*protocol.HandshakeError](err)
	if !ok {
		return nil, nil, err
	}
	e := &ProxyError{Proxy: nameOf(via), Status: refused.Status, Header: http.Header(refused.Header), Reason: refused.Reason, text: refused.Reason}
	if resp != nil {
		e.text = describeStatus(resp) + ": " + e.Reason + describeBody(resp)
	}
	return nil, resp, e
}

// connectSOCKS opens a connection to addr through a SOCKS5 proxy (RFC 1928, RFC 1929), which resolves its name.
func (d *Dialer) connectSOCKS(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	var auth *proxy.Auth
	if user := via.User; user != nil {
		password, _ := user.Password()
		auth = &proxy.Auth{User: user.Username(), Password: password}
	}
	first := &firstHop{dial: func(addr string) (net.Conn, error) { return d.dial(ctx, addr) }}
	socks, err := proxy.SOCKS5("tcp", addrOf(via), auth, first)
	if err != nil {
		return nil, err
	}
	// Package proxy puts the context's deadline on the connection, too, and which of the two is first is chance. So it
	// is told of the end only, which has the cause.
	ended, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
	if _, err := socks.(proxy.ContextDialer).DialContext(ended, "tcp", addr); err != nil {
		return nil, err
	}
	return first.nc, nil
}

// A firstHop remembers the connection to a SOCKS5 proxy, which is to be used as it is: package proxy hides what kind
// it is, and reads nothing ahead.
type firstHop struct {
	dial func(addr string) (net.Conn, error)
	nc   net.Conn
}

func (h *firstHop) DialContext(_ context.Context, network, addr string) (net.Conn, error) {
	return h.Dial(network, addr)
}

func (h *firstHop) Dial(_, addr string) (nc net.Conn, err error) {
	h.nc, err = h.dial(addr)
	return h.nc, err
}

// A tunnelled connection goes through an HTTP proxy. It hides that it is one of TLS, since that
// ends at the proxy, and begins with what came right behind the proxy's answer. Only one goroutine
// reads at a time.
type tunnelled struct {
	net.Conn
	glued []byte
}

func (t *tunnelled) Read(p []byte) (int, error) {
	if len(t.glued) > 0 {
		n := copy(p, t.glued)
		t.glued = t.glued[n:]
		return n, nil
	}
	return t.Conn.Read(p)
}

// CloseWrite tells the peer that we are through, where the connection can.
func (t *tunnelled) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return fmt.Errorf("upgrade: close write: %w", errors.ErrUnsupported)
}
