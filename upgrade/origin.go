package upgrade

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CheckOrigin refuses requests that a page of another site makes in the user's name. It is part of
// [Upgrader.Check], and there for those who make connections of requests by other protocols under the same policy.
// The error is a *[Rejection] with status 403, and the origin is logged.
//
// RFC 6455, 10.2: "Servers that are not intended to process input from any web page but
// only for certain sites SHOULD verify the |Origin| field is an origin they expect."
//
// A request without Origin does not come from a browser and passes. The scheme is not compared with ours: TLS may
// end at a proxy.
func (u *Upgrader) CheckOrigin(r *http.Request) error {
	return u.checkOrigins(r, r.Header.Values("Origin"))
}

// checkDraftOrigin is CheckOrigin for versions 7 and 8, whose browsers send Sec-WebSocket-Origin (up to draft 10) or
// Origin (from draft 11 on). What is sent has to be allowed, whichever it is.
func (u *Upgrader) checkDraftOrigin(r *http.Request) error {
	if err := u.CheckOrigin(r); err != nil {
		return err
	}
	return u.checkOrigins(r, r.Header.Values("Sec-WebSocket-Origin"))
}

func (u *Upgrader) checkOrigins(r *http.Request, origins []string) error {
	if u.InsecureAnyOrigin || len(origins) == 0 {
		return nil
	}
	origin := origins[0]
	if len(origins) == 1 {
		if slices.ContainsFunc(u.Origins, func(allowed string) bool { return strings.EqualFold(allowed, origin) }) {
			return nil
		}
		at, err := url.Parse(origin)
		// An origin has a scheme and a host, and nothing else; "null" has neither.
		if err == nil && (at.Scheme == "http" || at.Scheme == "https") && at.Path == "" && at.User == nil && sameHost(at, r.Host) {
			return nil
		}
	}
	u.settings().Logger.WarnContext(r.Context(), "websocket origin refused",
		append(aboutRequest("origin_refused", r), "origin", cutText(strings.Join(origins, ", ")), "host", cutText(r.Host))...)
	return &Rejection{Status: http.StatusForbidden, Reason: "origin not allowed"}
}

// cutText bounds what a client can write into a log.
func cutText(s string) string { return s[:min(len(s), 256)] }

// sameHost compares names and ports, where a port that is left out is the scheme's.
func sameHost(origin *url.URL, host string) bool {
	if strings.EqualFold(origin.Host, host) {
		return origin.Host != ""
	}
	port := map[string]string{"http": ":80", "https": ":443"}[origin.Scheme]
	return port != "" && origin.Host != "" &&
		(strings.EqualFold(origin.Host+port, host) || strings.EqualFold(origin.Host, host+port))
}
