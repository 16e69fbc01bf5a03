package upgrade

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// request returns what is asked of the first server. Its URL has no user name and password: they have become
// a basic authorisation.
func (d *Dialer) request(ctx context.Context, target *url.URL) (*http.Request, error) {
	header := d.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	spellCredentials(header)
	ask := (&http.Request{Method: http.MethodGet, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	if user := target.User; user != nil && header.Get("Authorization") == "" {
		password, _ := user.Password()
		ask.SetBasicAuth(user.Username(), password)
	}
	if d.Authorization != nil {
		value, err := d.Authorization(ctx)
		if err != nil {
			return nil, fmt.Errorf("upgrade: dial: authorization: %w", err)
		}
		header.Set("Authorization", value)
	}
	plain := *target
	plain.User = nil
	ask.URL, ask.Host = &plain, hostField(&plain)
	return ask, nil
}

// isCredential reports whether a field, by its canonical name, is for one origin only. They are those that
// net/http holds back.
func isCredential(name string) bool {
	switch name {
	case "Authorization", "Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Authenticate", "Www-Authenticate":
		return true
	}
	return false
}

// spellCredentials gives the fields for one origin their canonical names, by which they are found.
func spellCredentials(header http.Header) {
	for name, values := range header {
		if canonical := http.CanonicalHeaderKey(name); canonical != name && isCredential(canonical) {
			delete(header, name)
			header[canonical] = append(header[canonical], values...)
		}
	}
}

// withCookies returns the header of a request with the cookies of the jar.
func (d *Dialer) withCookies(ask *http.Request) http.Header {
	if d.Jar == nil {
		return ask.Header
	}
	with := http.Request{Header: ask.Header.Clone()}
	for _, cookie := range d.Jar.Cookies(asHTTP(ask.URL)) {
		with.AddCookie(cookie)
	}
	return with.Header
}

// keepCookies gives the jar those that the answer sets.
func (d *Dialer) keepCookies(resp *http.Response) {
	if d.Jar == nil {
		return
	}
	if cookies := resp.Cookies(); len(cookies) > 0 {
		d.Jar.SetCookies(asHTTP(resp.Request.URL), cookies)
	}
}

// dropCookies removes those cookies from a header that the jar has got anew.
func dropCookies(header http.Header, renewed []*http.Cookie) {
	old := (&http.Request{Header: header}).Cookies()
	kept := http.Request{Header: make(http.Header)}
	for _, cookie := range old {
		if !slices.ContainsFunc(renewed, func(c *http.Cookie) bool { return c.Name == cookie.Name }) {
			kept.AddCookie(cookie)
		}
	}
	if len(kept.Cookies()) < len(old) {
		delete(header, "Cookie")
		if value := kept.Header.Get("Cookie"); value != "" {
			header.Set("Cookie", value)
		}
	}
}

// asHTTP returns the URL by which cookie jars and proxy settings know it.
func asHTTP(target *url.URL) *url.URL {
	u := *target
	u.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	return &u
}

// defaultPorts of the schemes of servers and of proxies.
var defaultPorts = map[string]string{"ws": "80", "wss": "443", "http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return defaultPorts[u.Scheme]
}

// hostField is the Host of a request, without the default port, and without the zone of an address, which means
// nothing to others (RFC 6874, 1).
func hostField(target *url.URL) string {
	host, _, zoned := strings.Cut(target.Hostname(), "%")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	} else if zoned {
		host = target.Hostname()
	}
	if port := portOf(target); port != defaultPorts[target.Scheme] {
		host += ":" + port
	}
	return host
}
