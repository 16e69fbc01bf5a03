package upgrade

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// FollowRedirects returns a CheckRedirect for [Dialer] that follows up to max redirects in a row, to any
// origin, but never from wss to ws.
func FollowRedirects(max int) func(next *http.Request, via []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		switch {
		case len(via) > max:
			return fmt.Errorf("stopped after %d redirects", max)
		case via[len(via)-1].URL.Scheme == "wss" && next.URL.Scheme == "ws":
			return errDowngrade
		}
		return nil
	}
}

var errDowngrade = errors.New("from wss to ws")

// redirect returns the request that a response leads to, nil if it is no redirect or not to be followed. The error
// says why it cannot be, or must not.
func (d *Dialer) redirect(resp *http.Response, via []*http.Request) (*http.Request, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := resp.Header.Get("Location")
	if d.CheckRedirect == nil || location == "" {
		return nil, nil
	}
	last := resp.Request
	next := last.Clone(last.Context())
	var err error
	if next.URL, err = locate(last.URL, location); err != nil {
		return nil, err
	}
	next.Host, next.Response = hostField(next.URL), resp
	if !sameOrigin(last.URL, next.URL) {
		for name := range next.Header {
			if isCredential(name) {
				delete(next.Header, name)
			}
		}
	}
	if d.Jar != nil {
		dropCookies(next.Header, resp.Cookies())
	}
	switch err := d.CheckRedirect(next, append(via[:len(via):len(via)], last)); {
	case errors.Is(err, http.ErrUseLastResponse):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := checkTarget(next.URL); err != nil { // which CheckRedirect may have changed, as the header
		return nil, err
	}
	spellCredentials(next.Header)
	return next, nil
}

// locate resolves a Location. http and https mean ws and wss.
//
// RFC 9110, 4.2.4: "Before making use of an "http" or "https" URI reference received from an untrusted source, a
// recipient SHOULD parse for userinfo and treat its presence as an error". It is ignored here, as a
// fragment is, which is for documents.
func locate(base *url.URL, location string) (*url.URL, error) {
	target, err := base.Parse(location)
	if err != nil {
		return nil, errors.New("the location is not a URL")
	}
	switch target.Scheme {
	case "http":
		target.Scheme = "ws"
	case "https":
		target.Scheme = "wss"
	}
	target.User, target.Fragment, target.RawFragment = nil, "", ""
	return target, checkTarget(target)
}

// sameOrigin compares scheme, host and port (RFC 6454, 5).
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}
