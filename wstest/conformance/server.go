package conformance

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Server is a server under test: what is behind its URL has to answer every message with itself. It
// plays each case on a connection of its own.
type Server struct {
	// URL is the ws or wss URL.
	URL string

	// Name is how reports call the server. Default is the URL.
	Name string

	// Dial opens a connection to the server, through TLS if that is what it takes. Default is to dial what URL names.
	Dial func(ctx context.Context) (net.Conn, error)

	// TLS configures wss connections, unless there is a Dial. It may be nil.
	TLS *tls.Config

	// Header is sent with every opening handshake.
	Header http.Header

	// Timeout is how long the server may take for an answer. 0 means 2 s.
	Timeout time.Duration

	// Pause comes between the pieces of what is written in pieces. Without one, they may arrive together.
	Pause time.Duration

	// Parallel is how many cases are played at a time. 0 means 1.
	Parallel int

	// Done is called after each case, if it is not nil, by one goroutine at a time.
	Done func(Result)
}

// Run plays the cases that are for servers. It returns when all are played; a context that ends fails those that are not.
func (s *Server) Run(ctx context.Context, cases []Case) *Run {
	cases = ForServers.of(cases)
	run := &Run{Endpoint: cmp.Or(s.Name, s.URL), Kind: "server", Begun: time.Now(), Results: make([]Result, len(cases))}
	numbers := make(chan int)
	var players sync.WaitGroup
	var done sync.Mutex
	for range max(1, s.Parallel) {
		players.Go(func() {
			for n := range numbers {
				run.Results[n] = s.play(ctx, cases[n])
				if s.Done != nil {
					done.Lock()
					s.Done(run.Results[n])
					done.Unlock()
				}
			}
		})
	}
	for n := range cases {
		numbers <- n
	}
	close(numbers)
	players.Wait()
	run.Took = time.Since(run.Begun)
	return run
}

func (s *Server) play(ctx context.Context, c Case) Result {
	target, err := url.Parse(s.URL)
	if err != nil {
		return c.result(fmt.Sprintf("no URL: %v", err), 0, nil)
	}
	dial := s.Dial
	if dial == nil {
		dial = func(ctx context.Context) (net.Conn, error) { return s.dial(ctx, target) }
	}
	nc, err := dial(ctx)
	if err != nil {
		return c.result(fmt.Sprintf("no connection: %v", err), 0, nil)
	}
	set := setup{
		server: true, host: target.Host, target: target.RequestURI(), header: s.Header, timeout: s.Timeout, pause: s.Pause, dial: dial,
	}
	return set.play(ctx, c, nc, nil, nil)
}

func (s *Server) dial(ctx context.Context, target *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	secure := target.Scheme == "wss" || target.Scheme == "https"
	port := target.Port()
	switch {
	case port != "":
	case secure:
		port = "443"
	default:
		port = "80"
	}
	addr := net.JoinHostPort(target.Hostname(), port)
	if !secure {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	config := s.TLS.Clone()
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config.NextProtos = []string{"http/1.1"}
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
}
