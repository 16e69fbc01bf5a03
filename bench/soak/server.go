package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/internal/selfsigned"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// patience is what everything has that ends by itself, on a machine that may be busy with other things.
const patience = 2 * time.Minute

// settings have deadlines that a busy machine keeps. A write that the network swallows may hold up a ping for a WriteTimeout and a
// quarter: its pong is still due before a message takes too long, so that a silence is always told as one.
func settings(compressed bool) upgrade.Settings {
	s := upgrade.Settings{
		PingInterval: 15 * time.Second, PongTimeout: time.Minute, WriteTimeout: 30 * time.Second, MessageTimeout: 2 * time.Minute,
		CloseTimeout: time.Minute, CloseGrace: 45 * time.Second, Logger: slog.New(slog.DiscardHandler),
	}
	if compressed {
		kept := deflate.Window{Takeover: true}
		s.Compression = &deflate.Settings{Server: kept, Client: kept, Level: 1}
	}
	return s
}

// A generation is upgraders that are drained together.
type generation struct {
	upgraders [2][2]*upgrade.Upgrader // by compression and streaming
	number    int
}

func newGeneration(number int) *generation {
	g := &generation{number: number}
	for i := range g.upgraders {
		for j := range g.upgraders[i] {
			u := &upgrade.Upgrader{Settings: settings(i == 1), ShutdownCode: g.code()}
			u.Streaming = j == 1
			g.upgraders[i][j] = u
		}
	}
	return g
}

// code is what the generation closes with when it is drained: 1001 and 1012 in turn.
func (g *generation) code() upgrade.CloseCode {
	if g.number%2 == 0 {
		return 1001
	}
	return 1012
}

func (g *generation) upgrader(p *plan) *upgrade.Upgrader {
	compressed, streaming := 0, 0
	if p.compressed {
		compressed = 1
	}
	if p.route == stream {
		streaming = 1
	}
	return g.upgraders[compressed][streaming]
}

// drain shuts the generation down. The error is that connections had to be cut.
func (g *generation) drain() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	errs := make(chan error, 4)
	for _, us := range g.upgraders {
		for _, u := range us {
			go func() { errs <- u.Shutdown(ctx) }()
		}
	}
	return errors.Join(<-errs, <-errs, <-errs, <-errs)
}

// A server is wsflow's end: an upgrade.Server without TLS, and one of net/http with it.
type server struct {
	plain   *upgrade.Server
	secure  *http.Server
	addr    string
	tlsAddr string
	trust   *tls.Config // the client's

	topic    *hub.Topic[message.Message]
	sessions sync.Map // by key
	lasting  *generation
	running  sync.WaitGroup

	mu    sync.Mutex
	drain *generation
}

func newServer() (*server, error) {
	certificate, pool, err := selfsigned.Certificate("127.0.0.1")
	if err != nil {
		return nil, err
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	s := &server{
		addr: plain.Addr().String(), tlsAddr: secure.Addr().String(), trust: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13},
		topic:   hub.NewTopic(hub.Settings[message.Message]{Log: 1 << 10}),
		lasting: newGeneration(0), drain: newGeneration(1),
	}
	s.plain = &upgrade.Server{Handler: s, ReadHeaderTimeout: patience, Logger: slog.New(slog.DiscardHandler)}
	s.secure = &http.Server{
		Handler: s, ReadHeaderTimeout: patience, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
		},
	}
	go func() { _ = s.plain.Serve(plain) }()
	go func() { _ = s.secure.ServeTLS(secure, "", "") }()
	return s, nil
}

func (s *server) close() error {
	s.running.Wait()
	s.topic.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return errors.Join(s.lasting.drain(), s.draining().drain(), s.plain.Shutdown(ctx), s.secure.Shutdown(ctx))
}

func (s *server) draining() *generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drain
}

// drainNow begins a new generation and drains the old one.
func (s *server) drainNow() error {
	s.mu.Lock()
	old := s.drain
	s.drain = newGeneration(old.number + 1)
	s.mu.Unlock()
	return old.drain()
}

// A serving is the server's side of a session.
type serving struct {
	plan       *plan
	generation *generation
	received   atomic.Int64
	replied    atomic.Int64
	closed     chan *upgrade.CloseError // has room for one: how it ended
}

// expect announces a connection, and returns the key to ask for.
func (s *server) expect(p *plan) (*serving, string) {
	v := &serving{plan: p, generation: s.lasting, closed: make(chan *upgrade.CloseError, 1)}
	if p.ending == drained {
		v.generation = s.draining()
	}
	key := fmt.Sprintf("%x-%x", p.number, rand.Uint64())
	s.sessions.Store(key, v)
	return v, key
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found, ok := s.sessions.LoadAndDelete(r.URL.Query().Get("key"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	v := found.(*serving)
	conn, err := v.generation.upgrader(v.plan).Upgrade(w, r)
	if err != nil {
		if closed, ok := errors.AsType[*upgrade.CloseError](err); ok {
			v.closed <- closed
		}
		return
	}
	s.running.Go(func() {
		_ = conn.Run(context.Background(), func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return v.replies(s.handler(v.plan)(flow.Map(in, v.receive)))
		})
		v.closed <- conn.Closed()
	})
}

func (v *serving) receive(m message.Message) message.Message {
	v.received.Add(1)
	return m
}

var errPlanned = errors.New("as planned")

// replies counts what is sent, and ends it where the server is to.
func (v *serving) replies(out flow.Source[message.Message]) flow.Source[message.Message] {
	p := v.plan
	if p.ending == serverCompletes {
		out = flow.Take(out, int(p.after))
	}
	return flow.TryMap(out, func(_ context.Context, m message.Message) (message.Message, error) {
		if v.replied.Load() == p.after {
			switch p.ending {
			case serverFails:
				return m, &upgrade.CloseError{Code: p.code, Reason: p.reason}
			case serverErrs:
				return m, errPlanned
			case serverPanics:
				panic(errPlanned)
			default:
			}
		}
		v.replied.Add(1)
		return m, nil
	})
}

// handler returns the flow of a route.
func (s *server) handler(p *plan) upgrade.Handler {
	switch p.route {
	case stream:
		return func(in flow.Source[message.Message]) flow.Source[message.Message] { return flow.Map(in, streamed) }
	case async:
		return func(in flow.Source[message.Message]) flow.Source[message.Message] { return flow.MapAsync(in, 8, work) }
	case topic:
		return flow.FromSinkAndSource(flow.Ignore[message.Message](), hub.Values(s.topic.Subscribe(hub.Options{})))
	default:
		return func(in flow.Source[message.Message]) flow.Source[message.Message] {
			return flow.Map(in, func(m message.Message) message.Message { return m })
		}
	}
}

// streamed returns a message that is sent while it arrives.
func streamed(m message.Message) message.Message {
	switch {
	case m.IsStrict():
		return m
	case m.IsText():
		return message.TextStream(m.TextChunks())
	default:
		return message.BinaryStream(m.Chunks())
	}
}

// work takes a while for some messages, so that others overtake them inside.
func work(ctx context.Context, m message.Message) (message.Message, error) {
	if rand.IntN(10) > 0 {
		return m, nil
	}
	select {
	case <-time.After(rand.N(20 * time.Millisecond)):
		return m, nil
	case <-ctx.Done():
		return m, context.Cause(ctx)
	}
}

// publish says a number after the other to the topic, faster once hurry is closed.
func (s *server) publish(ctx context.Context, pause time.Duration, hurry <-chan struct{}) {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("%d %0*d", n, rand.IntN(2<<10), 0)
		_, _ = s.topic.Publish(ctx, message.Text(text))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		case <-hurry:
			pause, hurry = min(pause, 100*time.Millisecond), nil
		}
	}
}
