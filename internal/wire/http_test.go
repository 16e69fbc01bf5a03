package wire_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

// serve runs a test, in a bubble, with an HTTP server and a client that is connected to it.
func serve(t *testing.T, o wire.Options, h http.HandlerFunc, test func(t *testing.T, c *http.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := wire.Listen()
		l.Options = o
		server := &http.Server{Handler: h}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()

		transport := &http.Transport{DialContext: l.DialContext}
		test(t, &http.Client{Transport: transport})
		transport.CloseIdleConnections()
		if err := server.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
}

// get makes a request and returns what it came to.
func get(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHTTPIsServed(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Hour)
		fmt.Fprint(w, r.RemoteAddr, r.URL.Path, strings.Repeat(".", 1<<17))
	}
	for name, o := range shapes {
		t.Run(name, func(t *testing.T) {
			serve(t, o, handler, func(t *testing.T, c *http.Client) {
				began := time.Now()
				for _, path := range []string{"/a", "/b"} { // over one connection
					equal(t, "body", get(t, c, "http://any.name"+path), "client:1"+path+strings.Repeat(".", 1<<17))
				}
				equal(t, "virtual time", time.Since(began), 2*time.Hour)
			})
		})
	}
}

func TestHTTPClientTimesOut(t *testing.T) {
	handler := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() } // when the client is gone
	serve(t, wire.Options{}, handler, func(t *testing.T, c *http.Client) {
		c.Timeout = time.Hour
		began := time.Now()
		_, err := c.Get("http://any.name/")
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("got %v, want a timeout", err)
		}
		equal(t, "virtual time", time.Since(began), time.Hour)
	})
}

// echo takes its connection over from HTTP and sends back every line.
func echo(w http.ResponseWriter, _ *http.Request) {
	c, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	go func() { // It is the connection that lasts, not the handler.
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		for {
			line, err := buffered.ReadString('\n')
			if err != nil {
				return
			}
			io.WriteString(c, line)
		}
	}()
}

func TestHTTPConnectionsCanBeHijacked(t *testing.T) {
	for name, o := range shapes {
		t.Run(name, func(t *testing.T) {
			serve(t, o, echo, func(t *testing.T, c *http.Client) {
				request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://any.name/", nil)
				request.Header.Set("Connection", "Upgrade")
				request.Header.Set("Upgrade", "echo")
				response, err := c.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "status", response.StatusCode, http.StatusSwitchingProtocols)

				conn := response.Body.(io.ReadWriteCloser)
				lines := bufio.NewReader(conn)
				for _, line := range []string{"hello\n", strings.Repeat("long", 1<<15) + "\n", "bye\n"} {
					go io.WriteString(conn, line)
					got, err := lines.ReadString('\n')
					equal(t, "echo", got, line)
					fails(t, "read", err, nil)
				}
				conn.Close()
			})
		})
	}
}
