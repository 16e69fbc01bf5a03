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
const timeout = 2 * time.Second

// A match is who plays what.
type match struct {
	libraries []library
	cases     []conformance.Case
	parallel  int // cases of a library at a time
}

// servers plays the cases with the library's servers, one library after the other.
func (m match) servers(ctx context.Context) ([]*conformance.Run, error) {
	var runs []*conformance.Run
	for _, l := range m.libraries {
		err := serving(l.server(), func(at string) error {
			server := conformance.Server{URL: at, Name: l.title(), Timeout: timeout, Parallel: m.parallel}
			runs = append(runs, server.Run(ctx, m.cases))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// clients does so with their clients.
func (m match) clients(ctx context.Context) ([]*conformance.Run, error) {
	suite := &conformance.Clients{Cases: m.cases, Refusals: true, Timeout: timeout}
	count := 0
	for _, c := range m.cases {
		if c.Side != conformance.ForServers {
			count++
		}
	}
	err := serving(suite, func(at string) error {
		for _, l := range m.libraries {
			m.drive(ctx, l, at, count)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	runs := suite.Runs()
	for _, run := range runs {
		if run.Count() != count {
			return nil, fmt.Errorf("%s has played %d of %d cases", run.Endpoint, run.Count(), count)
		}
	}
	if len(runs) != len(m.libraries) {
		return nil, fmt.Errorf("%d of %d clients have played", len(runs), len(m.libraries))
	}
	return runs, nil
}

// drive lets a client play all cases. A case that is not connected is judged by the suite.
func (m match) drive(ctx context.Context, l library, at string, count int) {
	numbers := make(chan int)
	var players sync.WaitGroup
	for range max(1, m.parallel) {
		players.Go(func() {
			for n := range numbers {
				query := url.Values{"agent": {l.title()}, "case": {strconv.Itoa(n)}}
				_ = l.client(ctx, at+"runCase?"+query.Encode())
			}
		})
	}
	for n := 1; n <= count; n++ {
		numbers <- n
	}
	close(numbers)
	players.Wait()
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
