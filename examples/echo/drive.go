package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A driver is the client of a conformance server in Autobahn's manner: the server says how many cases it has, plays
// each on a connection of its own, against an echo, and writes its report at the end.
type driver struct {
	dialer *upgrade.Dialer
	url    string // of the server, without a path
	agent  string
	out    io.Writer
}

func (d *driver) run(ctx context.Context) error {
	count, err := d.caseCount(ctx)
	if err != nil {
		return err
	}
	for n := 1; n <= count; n++ {
		fmt.Fprintf(d.out, "case %d of %d\n", n, count)
		if err := d.runCase(ctx, n); err != nil {
			return err
		}
	}
	return d.visit(ctx, "/updateReports", url.Values{"agent": {d.agent}})
}

func (d *driver) dial(ctx context.Context, path string, query url.Values) (*upgrade.Conn, error) {
	target := strings.TrimSuffix(d.url, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	c, _, err := d.dialer.Dial(ctx, target)
	return c, err
}

// caseCount asks for the number of cases: it is in the first message.
func (d *driver) caseCount(ctx context.Context) (int, error) {
	c, err := d.dial(ctx, "/getCaseCount", nil)
	if err != nil {
		return 0, err
	}
	first, err := flow.Head[string]().Run(ctx, flow.TryMap(c.Source(), text))
	_ = c.Close(1000, "")
	if err != nil {
		return 0, fmt.Errorf("case count: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(first))
}

// runCase echoes until the server closes. How the case ends is the server's to judge: most provoke an error.
func (d *driver) runCase(ctx context.Context, n int) error {
	c, err := d.dial(ctx, "/runCase", url.Values{"case": {strconv.Itoa(n)}, "agent": {d.agent}})
	if err != nil {
		return fmt.Errorf("case %d: %w", n, err)
	}
	if err := c.Run(ctx, echo); err != nil {
		fmt.Fprintf(d.out, "case %d ended with %v\n", n, err)
	}
	return nil
}

// visit connects and waits until the server closes.
func (d *driver) visit(ctx context.Context, path string, query url.Values) error {
	c, err := d.dial(ctx, path, query)
	if err != nil {
		return err
	}
	return c.Run(ctx, ignore)
}

// text returns the whole content of a message.
func text(ctx context.Context, m message.Message) (string, error) {
	m, err := m.Strict(ctx, maxMessage)
	return m.Text(), err
}

// ignore answers nothing.
func ignore(in flow.Source[message.Message]) flow.Source[message.Message] {
	return flow.Filter(in, func(message.Message) bool { return false })
}
