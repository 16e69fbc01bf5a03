package upgrade

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// connect opens the connection below: through a proxy if there is one, with TLS for wss. The response is that
// of a proxy that refuses.
func (d *Dialer) connect(ctx context.Context, ask *http.Request) (net.Conn, *http.Response, error) {
	via, err := d.proxyOf(ask)
	if err != nil {
		return nil, nil, err
	}
	var nc net.Conn
	if via == nil {
		if nc, err = d.dial(ctx, addrOf(ask.URL)); err != nil {
			return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
		}
	} else {
		var resp *http.Response
		if nc, resp, err = d.connectVia(ctx, via, addrOf(ask.URL)); err != nil {
			return nil, resp, err
		}
	}
	if ask.URL.Scheme == "wss" {
		if nc, err = secure(ctx, nc, d.TLS, ask.URL.Hostname()); err != nil {
			return nil, nil, fmt.Errorf("upgrade: dial: %w", err)
		}
	}
	return nc, nil, nil
}

// addrOf returns what is dialed to reach the host of a URL.
func addrOf(u *url.URL) string { return net.JoinHostPort(u.Hostname(), portOf(u)) }

// dial opens a network connection.
func (d *Dialer) dial(ctx context.Context, addr string) (net.Conn, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err // which a DialContext of the user's might overlook
	}
	if d.DialContext != nil {
		return d.DialContext(ctx, "tcp", addr)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// secure speaks TLS with name on the connection, which it closes if that fails.
func secure(ctx context.Context, nc net.Conn, config *tls.Config, name string) (net.Conn, error) {
	if config = config.Clone(); config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config.ServerName = name
	}
	config.NextProtos = []string{"http/1.1"}
	over := tls.Client(nc, config)
	if err := over.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return over, nil
}
