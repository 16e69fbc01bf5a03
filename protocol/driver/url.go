package driver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// A URL is what the URL of a WebSocket says (RFC 6455, 3).
type URL struct {
	Secure  bool   // wss: TLS stands between the transport and the connection
	Address string // where to connect to, "host:port"
	Host    string // what the request calls the host: without a port that is the scheme's default
	Target  string // path and query of the request

	authorization string
}

// ParseURL decodes a URL with the scheme ws or wss: its port is 80 or 443 by default,
// its path "/". The error is [ErrInvalidURL].
//
// RFC 6455, 3: "Fragment identifiers are meaningless in the context of WebSocket URIs
// and MUST NOT be used on these URIs."
func ParseURL(raw string) (*URL, error) { return parseURL(raw, "ws", "wss") }

// parseURL decodes a URL with one of two schemes.
func parseURL(raw, plain, secure string) (*URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The error repeats the URL, and with it the password.
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err
		}
		return nil, fmt.Errorf("%w: %w", ErrInvalidURL, err)
	}
	if u.Scheme != plain && u.Scheme != secure {
		return nil, fmt.Errorf("%w: scheme is neither %s nor %s", ErrInvalidURL, plain, secure)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("%w: no host", ErrInvalidURL)
	}
	if strings.Contains(raw, "#") {
		return nil, fmt.Errorf("%w: a fragment has no meaning (RFC 6455, 3)", ErrInvalidURL)
	}
	port := "80"
	if u.Scheme == secure {
		port = "443"
	}
	result := &URL{Secure: u.Scheme == secure, Host: hostOf(u), Target: u.RequestURI()}
	if own := u.Port(); own != "" && own != port {
		if n, err := strconv.ParseUint(own, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("%w: port is not 1 to 65535", ErrInvalidURL)
		}
		port = own
		result.Host += ":" + own
	}
	result.Address = hostOf(u) + ":" + port
	if u.User != nil {
		if result.authorization, err = basic(u.User); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// hostOf returns the host without the port, an IPv6 address in brackets.
func hostOf(u *url.URL) string {
	if name := u.Hostname(); strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return u.Hostname()
}

// basic returns the value of an Authorization field.
func basic(user *url.Userinfo) (string, error) {
	// RFC 7617, 2: "a user-id containing a colon character is invalid".
	if strings.Contains(user.Username(), ":") {
		return "", fmt.Errorf("%w: user name has a colon (RFC 7617, 2)", ErrInvalidURL)
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)), nil
}

// withAuthorization returns h with the named field set to value, unless that is
// empty or h has the field already.
func withAuthorization(h protocol.Header, name, value string) protocol.Header {
	if value == "" {
		return h
	}
	for own := range h {
		if strings.EqualFold(own, name) {
			return h
		}
	}
	h = maps.Clone(h)
	if h == nil {
		h = make(protocol.Header)
	}
	h.Set(name, value)
	return h
}
