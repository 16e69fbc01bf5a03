package upgrade

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A ShutdownError is what [Upgrader.Shutdown] could not end in good order before its context ended.
type ShutdownError struct {
	// Cut is how many connections were cut.
	Cut int

	// Running are the connections, all of them over by now, whose handlers have not returned though their contexts were
	// cancelled; the oldest first. [Conn.Request] tells what they are.
	Running []*Conn

	// Err is the cause of the context's end.
	Err error

	at time.Time
}

// newShutdownError returns nil if nothing was cut and nothing runs.
func newShutdownError(cause error, cut int, left []*Conn) error {
	e := &ShutdownError{Cut: cut, Err: cause, at: time.Now()}
	for _, c := range left {
		if c.served.Load() {
			e.Running = append(e.Running, c)
		}
	}
	if cut == 0 && len(e.Running) == 0 {
		return nil
	}
	slices.SortFunc(e.Running, func(a, b *Conn) int { return a.opened.Compare(b.opened) })
	return e
}

// namedHandlers is how many handlers that run on are named in the text.
const namedHandlers = 5

// Error tells how many connections were cut, which handlers run on, with the age of their connections, and why:
//
//	upgrade: 3 connections were cut, 1 handler still runs (GET /rooms/7 from 192.0.2.7:51312, since 12s): context deadline exceeded
func (e *ShutdownError) Error() string {
	var parts []string
	if e.Cut > 0 {
		parts = append(parts, count(e.Cut, "connection was cut", "connections were cut"))
	}
	if n := len(e.Running); n > 0 {
		var names []string
		for _, c := range e.Running[:min(n, namedHandlers)] {
			names = append(names, e.describe(c))
		}
		if n > namedHandlers {
			names = append(names, fmt.Sprintf("and %d more", n-namedHandlers))
		}
		parts = append(parts, count(n, "handler still runs", "handlers still run")+" ("+strings.Join(names, "; ")+")")
	}
	text := "upgrade: " + cmp.Or(strings.Join(parts, ", "), "shutdown")
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *ShutdownError) Unwrap() error { return e.Err }

// describe says whose handler it is, without what the query of its request may give away.
func (e *ShutdownError) describe(c *Conn) string {
	age := e.at.Sub(c.opened).Round(time.Second)
	return fmt.Sprintf("%s %s from %s, since %s", c.request.Method, c.request.URL.EscapedPath(), c.RemoteAddr(), age)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
