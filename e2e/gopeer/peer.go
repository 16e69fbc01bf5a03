package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A library opens connections, as a client and as a server.
type library interface {
	// connect makes the handshake of a client over nc. A refusal is a status that is not 101. Pongs that come are put into the queue.
	connect(r request, nc *tap, pongs *queue[string]) (l link, status int, subprotocol string, err error)
	// accept makes that of a server; settings are the request that the server listens for.
	accept(w http.ResponseWriter, r *http.Request, nc *tap, pongs *queue[string], settings request) (link, error)
}

// A link is one connection of a library's.
type link interface {
	// read reads messages until the connection ends. A code of 0 is for a library that does not tell.
	read(c *connection) (code int, reason string)
	send(binary bool, content []byte) error
	// sendParts sends a message in fragments. It reports false if the library has no function for that.
	sendParts(binary bool, parts [][]byte) (bool, error)
	ping(payload []byte) error
	// close sends a close frame. It reports false if the library would not go on reading until the answer.
	close(code int, reason string) (bool, error)
	// leave closes the connection the library's own way.
	leave(code int, reason string) error
}

// A peer has the connections and servers of the process, by number.
type peer struct {
	library library

	mu          sync.Mutex
	connections []*connection
	accepted    []*queue[int] // of every server, its connections
}

func (p *peer) work(r request) (reply, error) {
	switch r.Op {
	case "connect":
		return p.connect(r)
	case "listen":
		return p.listen(r)
	}
	p.mu.Lock()
	var c *connection
	var accepted *queue[int]
	if r.Op == "accept" && r.Server < len(p.accepted) {
		accepted = p.accepted[r.Server]
	} else if r.Op != "accept" && r.Conn < len(p.connections) {
		c = p.connections[r.Conn]
	}
	p.mu.Unlock()
	switch {
	case accepted != nil:
		return reply{Conn: accepted.get()}, nil
	case c != nil:
		return c.work(r)
	}
	return reply{}, fmt.Errorf("no such connection or server")
}

// add gives a connection a number, and starts to read it.
func (p *peer) add(l link, t *tap, pongs *queue[string], settings request) (int, *connection) {
	c := &connection{link: l, tap: t, echo: settings.Echo, fragments: settings.Fragments, messages: newQueue[reply](), pongs: pongs}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connections = append(p.connections, c)
	return len(p.connections) - 1, c
}

func (p *peer) connect(r request) (reply, error) {
	target, err := url.Parse(r.URL)
	if err != nil {
		return reply{}, err
	}
	nc, err := net.Dial("tcp", target.Host)
	if err != nil {
		return reply{}, err
	}
	if target.Scheme == "wss" {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) // the tests' own certificates
	}
	t := newTap(nc, true)
	pongs := newQueue[string]()
	l, status, subprotocol, err := p.library.connect(r, t, pongs)
	if status != 0 && status != http.StatusSwitchingProtocols {
		_ = t.Close()
		return reply{Status: status}, nil
	}
	if err != nil {
		_ = t.Close()
		return reply{}, err
	}
	n, c := p.add(l, t, pongs, request{})
	go c.run()
	return reply{Conn: n, Status: status, Protocol: subprotocol}, nil
}

type tapKey struct{}

func (p *peer) listen(r request) (reply, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return reply{}, err
	}
	scheme := "ws"
	at := listener.Addr()
	if r.Cert != "" {
		cert, err := tls.LoadX509KeyPair(r.Cert, r.Key)
		if err != nil {
			return reply{}, err
		}
		scheme = "wss"
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
	}
	accepted := newQueue[int]()
	server := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       func(ctx context.Context, nc net.Conn) context.Context { return context.WithValue(ctx, tapKey{}, nc) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			t := q.Context().Value(tapKey{}).(*tap)
			pongs := newQueue[string]()
			l, err := p.library.accept(w, q, t, pongs, r)
			if err != nil {
				return // the library has answered
			}
			n, c := p.add(l, t, pongs, r)
			accepted.put(n)
			c.run()
		}),
	}
	go func() { _ = server.Serve(tapped{listener}) }() // until the process ends
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = append(p.accepted, accepted)
	return reply{Server: len(p.accepted) - 1, URL: scheme + "://" + at.String() + "/"}, nil
}
