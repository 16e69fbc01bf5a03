package wire

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestConnHoldsNoMemoryWhenItIsIdleOrOver(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(client, server *Conn)
	}{
		{"all is read", func(_, server *Conn) { server.Read(make([]byte, DefaultBuffer)) }},
		{"the reader closed", func(_, server *Conn) { server.Close() }},
		{"the reader aborted", func(_, server *Conn) { server.Abort() }},
		{"the writer aborted", func(client, _ *Conn) { client.Abort() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := Pipe(Options{})
			client.Write(make([]byte, DefaultBuffer))
			if server.in.first == nil {
				t.Fatal("nothing was held to begin with")
			}
			test.end(client, server)
			if server.in != (fifo{}) {
				t.Errorf("holds %d bytes and %p", server.in.size, server.in.first)
			}
		})
	}
}

func TestWriteAndReadAllocateNothing(t *testing.T) {
	client, server := Pipe(Options{})
	p := make([]byte, 1000)
	if n := testing.AllocsPerRun(1000, func() {
		client.Write(p)
		server.Read(p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestClosedConnLeavesNoTimer(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(c *Conn)
	}{
		{"closed", func(c *Conn) { c.Close() }},
		{"aborted", (*Conn).Abort},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, _ := Pipe(Options{})
			client.SetDeadline(time.Now().Add(time.Hour))
			test.end(client)
			for _, d := range []*deadline{&client.readBy, &client.writeBy} {
				if d.timer.Stop() {
					t.Error("a timer was still running")
				}
			}
		})
	}
}

func TestConnThatIsNeverClosedLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which panics at its end if one is left
		l := Listen()
		if _, err := l.DialContext(t.Context(), "", ""); err != nil {
			t.Fatal(err)
		}
		client, server := Pipe(Options{})
		client.SetDeadline(time.Now().Add(time.Hour))
		client.Write([]byte("x"))
		server.Read(make([]byte, 1))
	})
}
