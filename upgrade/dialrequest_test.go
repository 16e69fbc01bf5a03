package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

func TestCookiesOfTheJarGoWithTheRequest(t *testing.T) {
	serverTLS, roots := certified(t, "server")
	n := newNetwork(t)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	jar.SetCookies(&url.URL{Scheme: "https", Host: "server"}, []*http.Cookie{{Name: "plain", Value: "1"}, {Name: "safe", Value: "2", Secure: true}})
	jar.SetCookies(&url.URL{Scheme: "https", Host: "elsewhere"}, []*http.Cookie{{Name: "other", Value: "3"}})
	asked := make(chan *http.Request, 10)
	n.serves("server:443", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		http.SetCookie(w, &http.Cookie{Name: "answer", Value: "101", Secure: true})
		_ = serveOnce(w, r)
	}), serverTLS)
	n.serves("server:80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		http.SetCookie(w, &http.Cookie{Name: "refusal", Value: "401"})
		http.Error(w, "who are you?", http.StatusUnauthorized)
	}), nil)
	d := upgrade.Dialer{Settings: quiet, DialContext: n.DialContext, TLS: roots, Jar: jar, Header: http.Header{"cookie": {"own=0"}}}

	c, resp, err := d.Dial(t.Context(), "wss://server/")
	require.NoError(t, err)
	require.NoError(t, c.Close(protocol.CloseNormal, ""))
	require.Equal(t, []string{"own=0; plain=1; safe=2"}, (<-asked).Header.Values("Cookie"))
	require.Equal(t, "answer", resp.Cookies()[0].Name)

	c, resp, err = d.Dial(t.Context(), "ws://server/")
	refused, body := refusal(t, c, resp, err)
	require.Equal(t, 401, refused.Status)
	require.Equal(t, "who are you?\n", body)
	require.Equal(t, []string{"own=0; plain=1"}, (<-asked).Header.Values("Cookie"), "secure ones are for wss")

	var names []string
	for _, cookie := range jar.Cookies(&url.URL{Scheme: "https", Host: "server"}) {
		names = append(names, cookie.Name)
	}
	require.Equal(t, []string{"plain", "safe", "answer", "refusal"}, names)
	require.Equal(t, http.Header{"cookie": {"own=0"}}, d.Header, "the Dialer's own header is as it was")
}

// serveOnce upgrades and closes.
func serveOnce(w http.ResponseWriter, r *http.Request) error {
	c, err := new(upgrade.Upgrader).Upgrade(w, r)
	if err != nil {
		return err
	}
	return c.Close(protocol.CloseNormal, "")
}

func TestAuthorizationIsOfTheMoment(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		arrived := n.arrives("server:80")
		tokens := []string{"first", "second"}
		d.Header = http.Header{"Authorization": {"Bearer of old"}}
		d.Authorization = func(ctx context.Context) (string, error) {
			_, bounded := ctx.Deadline()
			require.True(t, bounded)
			token := tokens[0]
			tokens = tokens[1:]
			return "Bearer " + token, nil
		}
		for _, token := range []string{"first", "second"} {
			c, _, err := d.Dial(t.Context(), "ws://user:secret@server/")
			require.NoError(t, err)
			require.NoError(t, c.Close(protocol.CloseNormal, ""))
			require.Equal(t, []string{"Bearer " + token}, (<-arrived).Header.Values("Authorization"))
		}

		no := errors.New("no token")
		d.Authorization = func(context.Context) (string, error) { return "", no }
		_, _, err := d.Dial(t.Context(), "ws://server/")
		require.ErrorIs(t, err, no)
		require.Len(t, n.dialed, 2, "without a token nobody is asked")
	})
}

func TestHeaderComesBeforeTheUserOfTheURL(t *testing.T) {
	withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
		arrived := n.arrives("server:80")
		d.Header = http.Header{"authorization": {"Bearer x"}}
		c, _, err := d.Dial(t.Context(), "ws://user:secret@server/")
		require.NoError(t, err)
		require.NoError(t, c.Close(protocol.CloseNormal, ""))
		require.Equal(t, []string{"Bearer x"}, (<-arrived).Header.Values("Authorization"))
	})
}

func TestRow18WhatHTTPDoesNotAllowIsNotSent(t *testing.T) {
	for name, change := range map[string]func(d *upgrade.Dialer){
		"value with CR LF":         func(d *upgrade.Dialer) { d.Header = http.Header{"X": {"a\r\nY: b"}} },
		"name with CR LF":          func(d *upgrade.Dialer) { d.Header = http.Header{"X: a\r\nY": {"b"}} },
		"field of the handshake":   func(d *upgrade.Dialer) { d.Header = http.Header{"Sec-WebSocket-Key": {"x"}} },
		"subprotocol with a space": func(d *upgrade.Dialer) { d.Subprotocols = []string{"a b"} },
		"authorization with CR LF": func(d *upgrade.Dialer) {
			d.Authorization = func(context.Context) (string, error) { return "Bearer x\r\nY: b", nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				arrived := n.arrives("server:80")
				change(d)
				_, _, err := d.Dial(t.Context(), "ws://server/")
				require.ErrorIs(t, err, protocol.ErrInvalidHeader)
				require.Empty(t, arrived)
			})
		})
	}
}

func TestHostIsWithoutDefaultPortAndZone(t *testing.T) { // D18
	for target, want := range map[string][2]string{
		"ws://server":                 {"server:80", "server"},
		"ws://server:80/":             {"server:80", "server"},
		"ws://server:443/":            {"server:443", "server:443"},
		"ws://[2001:db8::1]:8080/":    {"[2001:db8::1]:8080", "[2001:db8::1]:8080"},
		"ws://[2001:db8::1]/":         {"[2001:db8::1]:80", "[2001:db8::1]"},
		"ws://[fe80::1%25eth0]:8080/": {"[fe80::1%eth0]:8080", "[fe80::1]:8080"},
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			arrived := n.arrives(want[0])
			c, _, err := d.Dial(t.Context(), target)
			require.NoError(t, err)
			require.NoError(t, c.Close(protocol.CloseNormal, ""))
			require.Equal(t, want[1], (<-arrived).Host)
		})
	}
}
