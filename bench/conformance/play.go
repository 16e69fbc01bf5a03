package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/wsflow/wsflow/wstest/conformance"
)

// timeout is how long an endpoint may take for an answer. It is waited for only where an endpoint does not answer at all.
const timeout = 5 * time.Second

// A match is who plays what.
type match struct {
	libraries []library
	cases     []conformance.Case
	parallel  int // cases of a library at a time
}

// play plays with servers and then with clients. All libraries play at the same time: what takes time is to wait for what never comes.
func (m match) play(ctx context.Context) (*conformance.Report, error) {
	servers, err := m.servers(ctx)
	if err != nil {
		return nil, err
	}
	clients, err := m.clients(ctx)
	if err != nil {
		return nil, err
	}
	return &conformance.Report{Title: "WebSocket libraries for Go, side by side", Runs: append(servers, clients...)}, context.Cause(ctx)
}

func (m match) servers(ctx context.Context) ([]*conformance.Run, error) {
	runs := make([]*conformance.Run, len(m.libraries))
	err := m.each(func(n int, l library) error {
		return serving(l.server(), func(at string) error {
			server := conformance.Server{URL: at, Name: l.title(), Timeout: timeout, Parallel: m.parallel}
			runs[n] = server.Run(ctx, m.cases)
			return nil
		})
	})
	return runs, err
}

func (m match) clients(ctx context.Context) ([]*conformance.Run, error) {
	count := 0
	for _, c := range m.cases {
		if c.Side != conformance.ForServers {
			count++
		}
	}
	runs := make([]*conformance.Run, len(m.libraries))
	err := m.each(func(n int, l library) error {
		suite := &conformance.Clients{Cases: m.cases, Refusals: true, Timeout: timeout}
		err := serving(suite, func(at string) error { return m.drive(ctx, l, at, count) })
		if err != nil {
			return err
		}
		for _, run := range suite.Runs() {
			runs[n] = run
		}
		if runs[n] == nil || runs[n].Count() != count {
			return fmt.Errorf("the client of %s has not played all of the %d cases", l.title(), count)
		}
		return nil
	})
	return runs, err
}

// each calls f for all libraries at once.
func (m match) each(f func(n int, l library) error) error {
	errs := make([]error, len(m.libraries))
	var all sync.WaitGroup
	for n, l := range m.libraries {
		all.Go(func() { errs[n] = f(n, l) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// drive lets a client play all cases, and returns when all are judged. That a client does not connect is for the suite to judge.
func (m match) drive(ctx context.Context, l library, at string, count int) error {
	target := func(path string, n int) string {
		return at + path + "?" + url.Values{"agent": {l.title()}, "case": {strconv.Itoa(n)}}.Encode()
	}
	numbers := make(chan int)
	var players sync.WaitGroup
	for range max(1, m.parallel) {
		players.Go(func() {
			for n := range numbers {
				_ = l.client(ctx, target("runCase", n))
			}
		})
	}
	for n := 1; n <= count; n++ {
		numbers <- n
	}
	close(numbers)
	players.Wait()
	return wsflowClient(ctx, target("updateReports", 0))
}

// serving serves h while use is called with its URL.
func serving(h http.Handler, use func(at string) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	used := use("ws://" + listener.Addr().String() + "/")
	return errors.Join(used, server.Close())
}
