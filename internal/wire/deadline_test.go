package wire_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

// An operation is a Read or Write of a client that must wait for its peer, and the
// deadline that ends it.
type operation struct {
	name  string
	set   func(*wire.Conn, time.Time) error
	start func(*wire.Conn) <-chan result
	let   func(server *wire.Conn) // lets one started operation succeed
}

// operations suppose a connection whose buffers hold one byte, which the client has
// written.
var operations = []operation{
	{
		"read", (*wire.Conn).SetReadDeadline,
		func(c *wire.Conn) <-chan result { return start(c.Read, make([]byte, 1)) },
		func(server *wire.Conn) { server.Write([]byte("x")) },
	},
	{
		"write", (*wire.Conn).SetWriteDeadline,
		func(c *wire.Conn) <-chan result { return start(c.Write, []byte("x")) },
		func(server *wire.Conn) { server.Read(make([]byte, 1)) },
	},
	{
		"read", (*wire.Conn).SetDeadline,
		func(c *wire.Conn) <-chan result { return start(c.Read, make([]byte, 1)) },
		func(server *wire.Conn) { server.Write([]byte("x")) },
	},
	{
		"write", (*wire.Conn).SetDeadline,
		func(c *wire.Conn) <-chan result { return start(c.Write, []byte("x")) },
		func(server *wire.Conn) { server.Read(make([]byte, 1)) },
	},
}

// eachOperation runs the test for every operation, in a bubble of its own.
func eachOperation(t *testing.T, test func(t *testing.T, o operation, client, server *wire.Conn)) {
	t.Helper()
	for _, o := range operations {
		t.Run(o.name, func(t *testing.T) {
			bubble(t, wire.Options{Buffer: 1}, func(t *testing.T, client, server *wire.Conn) {
				write(t, client, "x")
				test(t, o, client, server)
			})
		})
	}
}

func TestDeadlineEndsWhatWaits(t *testing.T) {
	eachOperation(t, func(t *testing.T, o operation, client, _ *wire.Conn) {
		began := time.Now()
		fails(t, "set", o.set(client, began.Add(time.Hour)), nil)
		r := <-o.start(client)
		equal(t, "virtual time", time.Since(began), time.Hour)
		equal(t, "bytes", r.n, 0)
		fails(t, o.name, r.err, os.ErrDeadlineExceeded)

		var timeout net.Error
		if !errors.As(r.err, &timeout) || !timeout.Timeout() {
			t.Errorf("%v is not a timeout", r.err)
		}
	})
}

func TestDeadlineCanBeSetWhileAnOperationWaits(t *testing.T) {
	eachOperation(t, func(t *testing.T, o operation, client, _ *wire.Conn) {
		waiting := o.start(client)
		waits(t, waiting)
		o.set(client, time.Now().Add(time.Hour))
		time.Sleep(time.Hour - 1)
		waits(t, waiting)
		time.Sleep(time.Nanosecond)
		ends(t, o.name, waiting, 0, os.ErrDeadlineExceeded)
	})
}

func TestDeadlineCanBeMoved(t *testing.T) {
	for _, test := range []struct {
		name string
		to   time.Duration
	}{
		{"later", 2 * time.Hour}, {"earlier", time.Minute}, {"to now", 0}, {"into the past", -time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachOperation(t, func(t *testing.T, o operation, client, _ *wire.Conn) {
				began := time.Now()
				o.set(client, began.Add(time.Hour))
				waiting := o.start(client)
				waits(t, waiting)
				o.set(client, began.Add(test.to))
				r := <-waiting
				equal(t, "virtual time", time.Since(began), max(test.to, 0))
				fails(t, o.name, r.err, os.ErrDeadlineExceeded)
			})
		})
	}
}

func TestZeroTimeRemovesADeadline(t *testing.T) {
	for _, test := range []struct {
		name   string
		before time.Duration
	}{
		{"to come", time.Hour}, {"passed", -time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachOperation(t, func(t *testing.T, o operation, client, server *wire.Conn) {
				o.set(client, time.Now().Add(test.before))
				o.set(client, time.Time{})
				waiting := o.start(client)
				time.Sleep(24 * time.Hour)
				waits(t, waiting)
				o.let(server)
				ends(t, o.name, waiting, 1, nil)
			})
		})
	}
}

func TestPassedDeadlineFailsAtOnceUntilItIsMoved(t *testing.T) {
	eachOperation(t, func(t *testing.T, o operation, client, server *wire.Conn) {
		for _, past := range []time.Time{time.Now(), time.Now().Add(-1), time.Unix(1, 0), time.Unix(-1<<40, 0)} {
			o.set(client, past)
			for range 2 {
				ends(t, o.name, o.start(client), 0, os.ErrDeadlineExceeded)
			}
		}
		o.let(server)
		ends(t, o.name, o.start(client), 0, os.ErrDeadlineExceeded) // though it need not wait
		o.set(client, time.Now().Add(time.Hour))
		ends(t, o.name, o.start(client), 1, nil)
	})
}

func TestFarDeadlineDoesNotPass(t *testing.T) {
	eachOperation(t, func(t *testing.T, o operation, client, server *wire.Conn) {
		o.set(client, time.Now().AddDate(5000, 0, 0))
		waiting := o.start(client)
		time.Sleep(1000 * time.Hour)
		waits(t, waiting)
		o.let(server)
		ends(t, o.name, waiting, 1, nil)
	})
}

func TestDeadlineEndsEveryOperationThatWaits(t *testing.T) {
	eachOperation(t, func(t *testing.T, o operation, client, _ *wire.Conn) {
		all := []<-chan result{o.start(client), o.start(client), o.start(client)}
		o.set(client, time.Now().Add(time.Hour))
		time.Sleep(time.Hour)
		for _, waiting := range all {
			ends(t, o.name, waiting, 0, os.ErrDeadlineExceeded)
		}
	})
}

func TestDeadlineIsForItsDirectionAndEndOnly(t *testing.T) {
	bubble(t, wire.Options{}, func(t *testing.T, client, server *wire.Conn) {
		client.SetReadDeadline(time.Now())
		write(t, client, "ping")
		reads(t, client, "", os.ErrDeadlineExceeded)
		reads(t, server, "ping", nil)
		write(t, server, "pong")
		client.SetReadDeadline(time.Time{})
		client.SetWriteDeadline(time.Now())
		reads(t, client, "pong", nil)
		_, err := client.Write([]byte("x"))
		fails(t, "write", err, os.ErrDeadlineExceeded)
	})
}

// A read that must be ended without losing bytes is ended by a deadline that is then
// removed, as net/http does for Hijack.
func TestReadGoesOnAfterADeadline(t *testing.T) {
	bubble(t, wire.Options{}, func(t *testing.T, client, server *wire.Conn) {
		read := start(server.Read, make([]byte, 1))
		waits(t, read)
		server.SetReadDeadline(time.Unix(1, 0))
		ends(t, "read", read, 0, os.ErrDeadlineExceeded)
		server.SetReadDeadline(time.Time{})
		write(t, client, "kept")
		reads(t, server, "kept", nil)
	})
}
