package upgrade

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Dialer makes WebSocket connections to servers. The zero value is ready. Its fields are not changed once it is
// in use; its methods may be called from any goroutine.
type Dialer struct {
	Settings

	// Subprotocols are offered in order of preference.
	Subprotocols []string

	// Header is sent with the request, for cookies, authorisation, an Origin and the like.
	Header http.Header

	// TLS configures wss connections. It may be nil.
	TLS *tls.Config

	// DialContext opens the connection below. Default [net.Dialer.DialContext].
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// HandshakeTimeout bounds Dial as a whole, besides its context. 0 means 10 s, a negative
	// value none.
	HandshakeTimeout time.Duration
}

const (
	defaultHandshakeTimeout = 10 * time.Second
	maxRefusalBody          = 64 << 10
)

// Dial connects to a ws or wss URL. If the server refuses, the error is a *[Rejection] with its status and
// header, and the response is returned too, with up to 64 KiB of its body to be read; otherwise the response is
// the 101 of the handshake, without a body. An invalid URL, a name that is not found and the like are errors of
// their own.
//
// The connection is the caller's to run or to close.
func (d *Dialer) Dial(ctx context.Context, rawURL string) (*Conn, *http.Response, error) {
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
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, errors.New("upgrade: handshake timeout"))
		defer cancel()
	}
	nc, err := d.connect(ctx, target)
	if err != nil {
		return nil, nil, dialError(ctx, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(aLongTimeAgo) })
	c, resp, err := d.handshake(nc, target)
	if !stop() && c != nil { // too late: the deadline is being set
		err = c.drop("handshake timeout", context.Cause(ctx))
		c.shut(ctx)
	}
	if err != nil {
		_ = nc.Close()
		return nil, resp, dialError(ctx, err)
	}
	return c, resp, nil
}

// dialError prefers the reason why the context ended to what it led to.
func dialError(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Rejection](err); ok || ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("upgrade: dial: %w", context.Cause(ctx))
}

// parseTarget checks the URL (RFC 6455, 3): "Fragment identifiers are meaningless in the context of WebSocket
// URIs and MUST NOT be used on these URIs." A user name and password become a basic authorisation.
func parseTarget(raw string) (*url.URL, error) {
	target, err := url.Parse(raw)
	switch {
	case err != nil:
		if quoting, ok := errors.AsType[*url.Error](err); ok {
			err = quoting.Err // without the URL, which may have a password
		}
		return nil, fmt.Errorf("upgrade: dial: %w", err)
	case target.Scheme != "ws" && target.Scheme != "wss":
		return nil, fmt.Errorf("upgrade: dial: scheme of %q is not ws or wss", target.Redacted())
	case target.Host == "" || target.Hostname() == "":
		return nil, fmt.Errorf("upgrade: dial: no host in %q", target.Redacted())
	case target.Fragment != "":
		return nil, fmt.Errorf("upgrade: dial: fragment in %q", target.Redacted())
	}
	return target, nil
}

// connect opens the connection below, with TLS for wss.
func (d *Dialer) connect(ctx context.Context, target *url.URL) (net.Conn, error) {
	port := target.Port()
	if port == "" {
		port = map[string]string{"ws": "80", "wss": "443"}[target.Scheme]
	}
	dial := d.DialContext
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	nc, err := dial(ctx, "tcp", net.JoinHostPort(target.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	if target.Scheme == "ws" {
		return nc, nil
	}
	config := d.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = target.Hostname()
	}
	config.NextProtos = []string{"http/1.1"}
	secure := tls.Client(nc, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	return secure, nil
}

// handshake asks for the upgrade and judges the answer.
func (d *Dialer) handshake(nc net.Conn, target *url.URL) (*Conn, *http.Response, error) {
	set := d.Settings.withDefaults()
	extensions, err := set.negotiators()
	if err != nil {
		return nil, nil, err
	}
	ask := d.clientHandshake(target, extensions)
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
			return nil, nil, rejectionOf(refused)
		}
		return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
	}
	resp := &http.Response{
		Status:     fmt.Sprintf("%d %s", answer.Status, answer.Reason),
		StatusCode: answer.Status, Proto: answer.Proto, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header(answer.Header), Body: http.NoBody,
	}
	var a agreed
	a.subprotocol, a.extensions, err = ask.CheckResponse(answer)
	if err == nil {
		a.codecs, err = protocol.ConfirmExtensions(extensions, a.extensions)
	}
	if err != nil {
		resp = readRefusal(nc, rest, resp)
		refused := &Rejection{Status: answer.Status, Header: resp.Header, Reason: err.Error()}
		if e, ok := errors.AsType[*protocol.HandshakeError](err); ok {
			refused.Reason = e.Reason
		}
		return nil, resp, refused
	}
	return newConn(nc, protocol.Client, &set, a, rest), resp, nil
}

func (d *Dialer) clientHandshake(target *url.URL, extensions []protocol.Negotiator) *protocol.ClientHandshake {
	host := target.Host
	if port := target.Port(); target.Scheme == "ws" && port == "80" || target.Scheme == "wss" && port == "443" || port == "" {
		host = target.Hostname()
		if bytes.ContainsRune([]byte(host), ':') {
			host = "[" + host + "]"
		}
	}
	header := d.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	if user := target.User; user != nil && header.Get("Authorization") == "" {
		password, _ := user.Password()
		r := http.Request{Header: header}
		r.SetBasicAuth(user.Username(), password)
	}
	return &protocol.ClientHandshake{
		Host: host, Target: target.RequestURI(), Key: protocol.NewKey(),
		Subprotocols: d.Subprotocols, Extensions: protocol.OfferExtensions(extensions),
		Header: protocol.Header(header),
	}
}

// readAnswer reads the head of the response. What came after it is returned too: frames, or the
// beginning of a body.
func readAnswer(nc net.Conn) (*protocol.Response, []byte, error) {
	buf := make([]byte, 0, smallBuffer)
	for {
		n, err := nc.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		answer, used, perr := protocol.ParseResponse(buf, protocol.DefaultMaxHead)
		if perr == nil {
			return answer, buf[used:], nil
		}
		if !errors.Is(perr, protocol.ErrShort) {
			return nil, nil, perr
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, nil, err
		}
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)]
		}
	}
}

// readRefusal reads the body of a response that is not an upgrade, as far as it goes.
func readRefusal(nc net.Conn, rest []byte, resp *http.Response) *http.Response {
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %s\r\n", resp.Status)
	_ = resp.Header.Write(&head)
	head.WriteString("\r\n")
	full, err := http.ReadResponse(bufio.NewReader(io.MultiReader(&head, bytes.NewReader(rest), nc)), nil)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols {
		return resp
	}
	defer full.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(full.Body, maxRefusalBody))
	full.Body = io.NopCloser(bytes.NewReader(body))
	return full
}
