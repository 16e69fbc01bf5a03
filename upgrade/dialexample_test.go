package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/wsflow/wsflow/upgrade"
)

// who is a server that tells by which token and cookies it knows its clients.
func who() *httptest.Server {
	var ws upgrade.Upgrader
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		fmt.Println(strings.TrimSpace(r.Header.Get("Authorization") + " " + r.Header.Get("Cookie")))
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "42"})
		if conn, err := ws.Upgrade(w, r); err == nil {
			_ = conn.Close(1000, "")
		}
	}))
}

// A client with a token that expires and with cookies. Every Dial asks for the token of the moment, and sends the cookies
// that earlier answers have set.
func ExampleDialer() {
	server := who()
	defer server.Close()

	jar, _ := cookiejar.New(nil)
	tokens := 0
	dialer := upgrade.Dialer{
		Jar: jar,
		Authorization: func(context.Context) (string, error) {
			tokens++
			return fmt.Sprintf("Bearer token-%d", tokens), nil
		},
	}
	for range 2 {
		conn, _, err := dialer.Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1))
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = conn.Close(1000, "")
	}
	// Output:
	// Bearer token-1
	// Bearer token-2 session=42
}

// A token that does not change stands in the Header, a user name and password also in the URL.
func ExampleDialer_header() {
	server := who()
	defer server.Close()

	ctx := context.Background()
	dialer := upgrade.Dialer{Header: http.Header{"Authorization": {"Bearer token"}, "Cookie": {"theme=dark"}}}
	if conn, _, err := dialer.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1)); err == nil {
		_ = conn.Close(1000, "")
	}
	if conn, _, err := new(upgrade.Dialer).Dial(ctx, strings.Replace(server.URL, "http://", "ws://user:secret@", 1)); err == nil {
		_ = conn.Close(1000, "")
	}
	// Output:
	// Bearer token theme=dark
	// Basic dXNlcjpzZWNyZXQ=
}

// Why there is no connection: the server refuses, or a proxy does.
func ExampleDialer_Dial_refused() {
	server := who()
	defer server.Close()

	_, resp, err := new(upgrade.Dialer).Dial(context.Background(), strings.Replace(server.URL, "http", "ws", 1))
	var refused *upgrade.RefusedError
	if errors.As(err, &refused) {
		body, _ := io.ReadAll(resp.Body)
		fmt.Printf("%d %s %q\n", refused.Status, refused.Header.Get("WWW-Authenticate"), body)
	}
	var proxy *upgrade.ProxyError
	fmt.Println(errors.As(err, &proxy))
	fmt.Println(err)
	// Output:
	// 401 Bearer "log in first\n"
	// false
	// upgrade: 401 Unauthorized: server did not switch protocols: "log in first"
}

// A proxy of one's own choice, with the user name and password that it wants. Without Proxy it is the one that HTTP_PROXY
// and the like name.
func ExampleDialer_proxy() {
	server := who()
	defer server.Close()
	tunnels := newConnectProxy(func(ctx context.Context, network, addr string) (net.Conn, error) {
		fmt.Println("tunnel to", addr)
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	})
	tunnels.users = "Basic dXNlcjpzZWNyZXQ=" // user:secret
	proxy := httptest.NewServer(tunnels)
	defer proxy.Close()

	at, _ := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:secret@", 1)) // or "https://…", "socks5://…"
	dialer := upgrade.Dialer{Proxy: http.ProxyURL(at), Header: http.Header{"Authorization": {"Bearer token"}}}
	conn, _, err := dialer.Dial(context.Background(), "ws://server.example/")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = conn.Close(1000, "")

	at.User = url.UserPassword("user", "wrong")
	_, _, err = dialer.Dial(context.Background(), "ws://server.example/")
	var refused *upgrade.ProxyError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Header.Get("Proxy-Authenticate"))
	}
	// Output:
	// tunnel to server.example:80
	// Bearer token
	// 407 Basic realm="the proxy"
}

// Redirects are followed where the client says so. Credentials stay with the origin that they are for.
func ExampleFollowRedirects() {
	server := who()
	defer server.Close()
	entrance := httptest.NewServer(http.RedirectHandler(server.URL+"/chat", http.StatusTemporaryRedirect))
	defer entrance.Close()

	dialer := upgrade.Dialer{
		CheckRedirect: upgrade.FollowRedirects(3),
		Header:        http.Header{"Authorization": {"Bearer token"}},
	}
	_, resp, err := dialer.Dial(context.Background(), strings.Replace(entrance.URL, "http", "ws", 1))
	fmt.Println(resp.Request.URL.Path, err)
	// Output:
	// /chat upgrade: 401 Unauthorized: server did not switch protocols: "log in first"
}
