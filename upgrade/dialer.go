package upgrade

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Dialer makes WebSocket connections to servers. The zero value is ready. Its fields are not changed once it is
// in use; its methods may be called from any goroutine.
type Dialer struct {
	Settings

	// Subprotocols are offered in order of preference.
	Subprotocols []string

	// Header is sent with the request, for cookies, authorisation, an Origin and the like. It comes before a
	// user name in the URL.
	Header http.Header

	// Version is that of WebSocket: 13, for which 0 stands, or that of a draft, 8 or 7, for servers of 2011. Drafts
	// have their Origin in another field; set it as Origin in Header all the same.
	Version int

	// Authorization, if it is set, is called once by each Dial and returns the Authorization of the request, such as
	// "Bearer " and a token that may expire. It comes before Header, unless it is "". ctx is Dial's, with the time of the
	// handshake.
	Authorization func(ctx context.Context) (string, error)

	// Jar holds the cookies that go with a request besides those of Header, and takes those that answers
	// set, also redirects and refusals. It is asked for the http or https URL. Nil means no cookies.
	Jar http.CookieJar

	// TLS configures wss connections. It may be nil.
	TLS *tls.Config

	// DialContext opens the network connection, to the server or to a proxy before it. Default
	// [net.Dialer.DialContext].
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// Proxy returns the proxy of a request, whose URL is http for ws and https for wss; a nil URL means none. HTTP
	// proxies (http, https) are asked for a tunnel with CONNECT, SOCKS5 proxies (socks5, socks5h) to resolve the
	// name, too; both get the user name and password of the proxy's URL. Without Proxy it is
	// [http.ProxyFromEnvironment], or, if DialContext is set, no proxy.
	Proxy func(*http.Request) (*url.URL, error)

	// ProxyTLS configures the TLS to https proxies, as TLS does that to servers. It may be nil.
	ProxyTLS *tls.Config

	// ProxyConnectHeader is sent with CONNECT. Its Proxy-Authorization comes before the user name in the proxy's URL.
	ProxyConnectHeader http.Header

	// CheckRedirect decides whether a redirect is followed, as that of [http.Client] does: next is the request
	// to come, with the ws or wss URL and the header that it will have, which CheckRedirect may change; via are those
	// that were made, oldest first. An error means that it is not followed, and lies behind the *[RefusedError]
	// that Dial returns then, with the redirect as response. Nil follows none, as browsers do;
	// [FollowRedirects] makes one that follows some.
	//
	// Where a redirect leads to another origin (scheme, host or port), next has neither the Authorization, nor the
	// cookies of Header, nor what else net/http holds back.
	CheckRedirect func(next *http.Request, via []*http.Request) error

	// HandshakeTimeout bounds Dial as a whole, with proxies and redirects, besides its context. 0 means 10 s, a
	// negative value none.
	HandshakeTimeout time.Duration
}

const defaultHandshakeTimeout = 10 * time.Second

// Dial connects to a ws or wss URL. If the server refuses, the error is a *[RefusedError] with its status and
// header, and the response is returned too, with up to 64 KiB of its body to be read; otherwise the response is
// the 101 of the handshake, without a body. Its Request is the last one, whose URL redirects may have changed.
// If a proxy refuses, the error is a *[ProxyError], with the proxy's response to CONNECT if there is one. An invalid URL, a
// name that is not found and the like are errors of their own; [os.ErrDeadlineExceeded] is the
// HandshakeTimeout, and the context's cause the end of ctx.
//
// The connection is the caller's to run or to close.
func (d *Dialer) Dial(ctx context.Context, rawURL string) (*Conn, *http.Response, error) {
	c, resp, err := d.dialURL(ctx, rawURL)
	if err != nil {
		d.tellFailed(ctx, rawURL, err)
		return nil, resp, err
	}
	c.begin(resp.Request)
	c.keepAlive.start(c)
	return c, resp, nil
}

// tellFailed tells the observer why there is no connection.
func (d *Dialer) tellFailed(ctx context.Context, rawURL string, err error) {
	if d.Observer == nil {
		return
	}
	told := ""
	if u, err := url.Parse(rawURL); err == nil {
		told = shown(u)
	}
	d.Settings.observe(DialFailed{Context: ctx, URL: told, Err: err})
}

// shown returns a URL as logs and errors may have it: without what tokens are in.
func shown(target *url.URL) string {
	u := *target
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

// dialURL is Dial without the observer.
func (d *Dialer) dialURL(ctx context.Context, rawURL string) (*Conn, *http.Response, error) {
	target, err := parseTarget(rawURL)
	if err != nil {
		return nil, nil, err
	}
	timeout := d.HandshakeTimeout
	if timeout == 0 {
		timeout = defaultHandshakeTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errHandshakeTimeout)
		defer cancel()
	}
	ask, err := d.request(ctx, target)
	if err != nil {
		return nil, nil, dialError(ctx, err)
	}
	var via []*http.Request
	for {
		c, resp, next, err := d.try(ctx, ask, via)
		if next == nil {
			return c, resp, dialError(ctx, err)
		}
		via, ask = append(via, ask), next
	}
}

// try asks one server. If its answer is a redirect to be followed, next is the request that it leads to.
func (d *Dialer) try(ctx context.Context, ask *http.Request, via []*http.Request) (_ *Conn, resp *http.Response, next *http.Request, err error) {
	nc, resp, err := d.connect(ctx, ask)
	if err != nil {
		return nil, resp, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(aLongTimeAgo) })
	answered := false
	defer func() {
		if !answered { // Jar or CheckRedirect panicked
			stop()
			_ = nc.Close()
		}
	}()
	c, resp, err := d.handshake(nc, ask.URL, d.withCookies(ask))
	if resp != nil {
		resp.Request = ask
		d.keepCookies(resp)
	}
	if refused, ok := errors.AsType[*RefusedError](err); ok && resp != nil {
		if next, err = d.redirect(resp, via); err != nil {
			refused.Reason, refused.cause = "redirect was not followed", err
		}
		if err = refused; next == nil {
			keepBody(resp)
			refused.text = describeRefusal(refused, resp)
		} else {
			resp.Body = http.NoBody // which need not even have come
		}
	}
	answered = true
	if !stop() && c != nil { // too late: the deadline is being set
		err = c.drop("handshake timeout", context.Cause(ctx))
		c.shut(ctx)
	}
	if err != nil {
		_ = nc.Close()
		return nil, resp, next, err
	}
	return c, resp, nil, nil
}

// errHandshakeTimeout is os.ErrDeadlineExceeded by another name.
var errHandshakeTimeout error = handshakeTimeout{}

type handshakeTimeout struct{}

func (handshakeTimeout) Error() string   { return "handshake timeout" }
func (handshakeTimeout) Timeout() bool   { return true }
func (handshakeTimeout) Temporary() bool { return true } // as of every timeout in package net
func (handshakeTimeout) Unwrap() error   { return os.ErrDeadlineExceeded }

// dialError prefers the reason why the context ended to what it led to, unless there is an answer.
func dialError(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	if refused, ok := errors.AsType[*ProxyError](err); ok && refused.Status != 0 {
		return err
	}
	return fmt.Errorf("upgrade: dial: %w", context.Cause(ctx))
}

// parseTarget checks the URL.
func parseTarget(raw string) (*url.URL, error) {
	target, err := url.Parse(raw)
	if err != nil {
		if quoting, ok := errors.AsType[*url.Error](err); ok {
			err = quoting.Err // without the URL, which may have a password
		}
		return nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	return target, checkTarget(target)
}

// checkTarget judges a URL (RFC 6455, 3): "Fragment identifiers are meaningless in the context of WebSocket URIs
// and MUST NOT be used on these URIs."
func checkTarget(target *url.URL) error {
	switch {
	case target.Scheme != "ws" && target.Scheme != "wss":
		return fmt.Errorf("upgrade: dial: scheme of %q is not ws or wss", shown(target))
	case target.Host == "" || target.Hostname() == "":
		return fmt.Errorf("upgrade: dial: no host in %q", shown(target))
	case target.Fragment != "":
		return fmt.Errorf("upgrade: dial: fragment in %q", shown(target))
	}
	// A zone of an IPv6 address may hold bytes that its spelling cannot.
	if again, err := url.Parse(target.String()); err != nil || again.Host != target.Host {
		return fmt.Errorf("upgrade: dial: host of %q cannot be written in a URL", shown(target))
	}
	return nil
}

// handshake asks for the upgrade and judges the answer.
func (d *Dialer) handshake(nc net.Conn, target *url.URL, header http.Header) (*Conn, *http.Response, error) {
	set := d.Settings.withDefaults()
	extensions, err := set.negotiators()
	if err == nil {
		err = set.checkRates()
	}
	if err != nil {
		return nil, nil, err
	}
	ask := d.clientHandshake(target, header, extensions)
	head, err := ask.AppendRequest(nil)
	if err != nil {
		return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	if _, err := nc.Write(head); err != nil {
		return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	answer, rest, err := readAnswer(nc)
	if err != nil {
		if refused, ok := errors.AsType[*protocol.HandshakeError](err); ok {
			return nil, nil, &RefusedError{Reason: refused.Reason, text: "upgrade: " + refused.Reason}
		}
		return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	resp := responseOf(answer)
	var a agreed
	a.subprotocol, a.extensions, err = ask.CheckResponse(answer)
	if err == nil {
		a.codecs, err = protocol.ConfirmExtensions(extensions, a.extensions)
		a.rsv = protocol.CodecRSV(a.codecs)
	}
	if err != nil {
		resp = readRefusal(nc, rest, resp)
		refused := &RefusedError{Status: answer.Status, Header: resp.Header, Reason: err.Error()}
		if e, ok := errors.AsType[*protocol.HandshakeError](err); ok {
			refused.Reason = e.Reason
		}
		return nil, resp, refused
	}
	return newConn(nc, protocol.Client, &set, a, rest), resp, nil
}

func (d *Dialer) clientHandshake(target *url.URL, header http.Header, extensions []protocol.Negotiator) *protocol.ClientHandshake {
	return &protocol.ClientHandshake{
		Host: hostField(target), Target: target.RequestURI(), Key: protocol.NewKey(),
		Subprotocols: d.Subprotocols, Extensions: protocol.OfferExtensions(extensions),
		Header: protocol.Header(header), Version: d.Version,
	}
}
