// Wsconform plays a conformance suite with WebSocket endpoints that echo, and writes reports.
//
//	wsconform -url ws://localhost:9001/ [-html report.html] [-json report.json]    test a server
//	wsconform -listen localhost:9002 [-html report.html] [-json report.json]       test the clients that connect
//	wsconform -html all.html one.json other.json                                   show reports side by side
//
// Clients find what they need as with Autobahn's test suite: /getCaseCount, /runCase?case=1&agent=name, /updateReports?agent=name. The
// reports are written each time a client asks for them.
//
// With -compression the endpoint has to agree to permessage-deflate. Without, the cases about it are counted apart if there is no agreement: they
// are neither passed nor failed. An endpoint may agree and then compress nothing, for instance what is short: the last line tells in how many
// cases it did so.
//
// With -limit there are more cases, about messages that are too long for the endpoint.
//
// The exit status is 0 if no case was failed, 1 if one was, and 2 if they could not be played.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest/conformance"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	passed, err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "wsconform:", err)
		os.Exit(2)
	case !passed:
		os.Exit(1)
	}
}

// A command is what was asked for.
type command struct {
	url, listen, agent string
	html, json         string
	cases              string
	insecure, verbose  bool
	timeout            time.Duration
	parallel           int
	options            conformance.Options
	out                io.Writer
}

func run(ctx context.Context, args []string, out io.Writer) (passed bool, err error) {
	c := command{out: out}
	flags := flag.NewFlagSet("wsconform", flag.ContinueOnError)
	flags.StringVar(&c.url, "url", "", "test the server at this `URL`")
	flags.StringVar(&c.listen, "listen", "", "test the clients that connect to this `address`")
	flags.StringVar(&c.agent, "agent", "", "the `name` of the server in reports")
	flags.StringVar(&c.html, "html", "", "write a page to this `file`")
	flags.StringVar(&c.json, "json", "", "write JSON to this `file`")
	flags.StringVar(&c.cases, "cases", "", "play these cases only: `numbers`, or the beginnings of numbers, such as 5,6.4")
	flags.BoolVar(&c.insecure, "insecure", false, "accept any certificate")
	flags.BoolVar(&c.verbose, "v", false, "print every case, with all that travelled")
	flags.DurationVar(&c.timeout, "timeout", 2*time.Second, "how long an answer may take")
	flags.IntVar(&c.parallel, "parallel", 1, "play so many cases with the server at a time")
	flags.IntVar(&c.options.Size, "size", 0, "the longest message of section 9 in `bytes`; Autobahn's is 16777216 (default 262144)")
	flags.Int64Var(&c.options.Limit, "limit", 0, "how many `bytes` a message may have for the endpoint, for the cases about that")
	flags.BoolVar(&c.options.AnyOrigin, "any-origin", false, "the server takes pages of every site, on purpose")
	flags.BoolVar(&c.options.Compression, "compression", false, "the endpoint is expected to agree to permessage-deflate")
	flags.BoolVar(&c.options.Slow, "slow", false, "play the cases, too, that wait minutes for deadlines of the endpoint's own")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	switch {
	case c.url != "" && c.listen == "" && flags.NArg() == 0:
		return c.testServer(ctx)
	case c.listen != "" && c.url == "" && flags.NArg() == 0:
		return c.testClients(ctx)
	case c.url == "" && c.listen == "" && flags.NArg() > 0:
		return c.merge(flags.Args())
	}
	flags.Usage()
	return false, errors.New("one of -url, -listen and files is needed")
}

func (c *command) chosen() ([]conformance.Case, error) {
	cases := conformance.Cases(c.options)
	if c.cases == "" {
		return cases, nil
	}
	for pattern := range strings.SplitSeq(c.cases, ",") {
		if !slices.ContainsFunc(cases, func(one conformance.Case) bool { return one.Matches(pattern) }) {
			return nil, fmt.Errorf("no case matches %s", pattern)
		}
	}
	return slices.DeleteFunc(cases, func(one conformance.Case) bool {
		return !slices.ContainsFunc(strings.Split(c.cases, ","), one.Matches)
	}), nil
}

// reach returns an error if there is no WebSocket server at the URL. What is wrong with its 101 is for the cases to say.
func (c *command) reach(ctx context.Context) error {
	dialer := upgrade.Dialer{
		Settings: upgrade.Settings{CloseTimeout: c.timeout},
		TLS:      &tls.Config{InsecureSkipVerify: c.insecure, MinVersion: tls.VersionTLS12}, // asked for
		Proxy:    func(*http.Request) (*url.URL, error) { return nil, nil },                 // as the cases do
	}
	conn, _, err := dialer.Dial(ctx, c.url)
	if err == nil {
		return conn.Close(protocol.CloseNormal, "")
	}
	if refused, ok := errors.AsType[*upgrade.RefusedError](err); ok && (refused.Status == http.StatusSwitchingProtocols || refused.Status == 0) {
		return nil
	}
	return err
}

func (c *command) testServer(ctx context.Context) (bool, error) {
	cases, err := c.chosen()
	if err != nil {
		return false, err
	}
	if err := c.reach(ctx); err != nil {
		if _, closing := errors.AsType[*upgrade.CloseError](err); !closing {
			return false, err
		}
	}
	server := conformance.Server{
		URL: c.url, Name: c.agent, Timeout: c.timeout, Parallel: c.parallel,
		TLS:  &tls.Config{InsecureSkipVerify: c.insecure, MinVersion: tls.VersionTLS12}, // asked for
		Done: func(result conformance.Result) { c.tell("", result) },
	}
	run := server.Run(ctx, cases)
	return c.finish(&conformance.Report{Runs: []*conformance.Run{run}})
}

// testClients serves clients until ctx ends.
func (c *command) testClients(ctx context.Context) (bool, error) {
	cases, err := c.chosen()
	if err != nil {
		return false, err
	}
	suite := &conformance.Clients{Cases: cases, Timeout: c.timeout, Done: c.tell}
	updates := make(chan struct{}, 1)
	suite.Updated = func(string) {
		select {
		case updates <- struct{}{}:
		default:
		}
	}
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return false, err
	}
	fmt.Fprintf(c.out, "listening on ws://%s\n", listener.Addr())
	server := &http.Server{Handler: suite, ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	defer server.Close()
	for {
		select {
		case <-updates:
			if _, err := c.finish(&conformance.Report{Runs: suite.Runs()}); err != nil {
				return false, err
			}
		case <-ctx.Done():
			return c.finish(&conformance.Report{Runs: suite.Runs()})
		}
	}
}

// merge shows reports side by side.
func (c *command) merge(files []string) (bool, error) {
	all := new(conformance.Report)
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return false, err
		}
		report, err := conformance.ReadReport(file)
		_ = file.Close()
		if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		all.Runs = append(all.Runs, report.Runs...)
	}
	return c.finish(all)
}

// tell prints a result, if there is something to say.
func (c *command) tell(agent string, result conformance.Result) {
	if !result.Passed && !result.Uncompressed() || c.verbose {
		if agent != "" {
			fmt.Fprintf(c.out, "%s: ", agent)
		}
		fmt.Fprintln(c.out, result)
	}
}

// finish writes the reports and prints the sums.
func (c *command) finish(report *conformance.Report) (passed bool, err error) {
	for _, output := range []struct {
		name  string
		write func(io.Writer) error
	}{{c.html, report.WriteHTML}, {c.json, report.WriteJSON}} {
		if output.name == "" {
			continue
		}
		file, err := os.Create(output.name)
		if err != nil {
			return false, err
		}
		if err := errors.Join(output.write(file), file.Close()); err != nil {
			return false, err
		}
	}
	passed = true
	for _, run := range report.Runs {
		fmt.Fprintf(c.out, "%s: %d cases, %d passed", run.Endpoint, run.Count(), run.Passed())
		if n := run.Uncompressed(); n > 0 {
			fmt.Fprintf(c.out, ", %d without an agreement on compression", n)
		}
		if n := run.SentPlain(); n > 0 {
			fmt.Fprintf(c.out, ", %d with an agreement in which the endpoint compressed nothing", n)
		}
		fmt.Fprintln(c.out)
		passed = passed && len(run.Failed()) == 0
	}
	return passed, nil
}
