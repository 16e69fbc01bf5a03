package main

import (
	"io"
	"sync"
	"time"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// A Transport carries one end of a connection over a stream of bytes. Any goroutine may send.
type Transport struct {
	stream  io.ReadWriteCloser
	mu      sync.Mutex // guards what follows
	changed *sync.Cond // there is more to write, or less
	conn    *driver.Conn
	grace   *time.Timer // for a peer that does not answer our close, or does not take it
}

// How many bytes may wait for a peer that does not read. Commands have to stop first: if it was they that stopped the
// reading, two ends could wait for each other.
const commandLimit, readLimit = 1 << 20, 4 << 20

func NewTransport(stream io.ReadWriteCloser, conn *driver.Conn) *Transport {
	t := &Transport{stream: stream, conn: conn}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// Do calls f, from any goroutine, when the connection is open, or has ended. What f sends is written.
func (t *Transport) Do(f func(*driver.Conn) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.conn.State() == driver.StateConnecting {
		t.changed.Wait()
	}
	return t.do(commandLimit, f)
}

func (t *Transport) do(limit int, f func(*driver.Conn) error) error {
	for t.conn.State() == driver.StateOpen && t.conn.Pending() > limit {
		t.changed.Wait()
	}
	err := f(t.conn)
	if t.conn.State() >= driver.StateClosing && t.grace == nil {
		t.grace = time.AfterFunc(5*time.Second, func() { t.stream.Close() })
	}
	t.changed.Broadcast()
	return err
}

// Run handles events until the connection has ended, and returns why. What handle sends is written.
func (t *Transport) Run(handle func(*driver.Conn, driver.Event)) error {
	defer t.stream.Close()
	var writing sync.WaitGroup
	writing.Go(t.write)
	buf := make([]byte, 16<<10)
	for n, end := 0, error(nil); ; n, end = t.stream.Read(buf) {
		t.mu.Lock()
		closed := t.do(readLimit, func(c *driver.Conn) error {
			c.Receive(buf[:n])
			if end != nil {
				c.ReceiveEnd(end)
			}
			for ev, ok := c.Next(); ok; ev, ok = c.Next() {
				handle(c, ev)
			}
			return c.Closed()
		})
		t.mu.Unlock()
		if closed != nil && (end != nil || t.conn.Role() == protocol.Server) {
			writing.Wait()
			t.grace.Stop()
			return closed
		}
	}
}

// write writes the output until the connection has ended.
func (t *Transport) write() {
	for {
		t.mu.Lock()
		out := t.conn.Output()
		for len(out) == 0 && t.conn.State() < driver.StateClosed {
			t.changed.Wait()
			out = t.conn.Output()
		}
		t.mu.Unlock()
		if len(out) == 0 {
			return
		}
		t.changed.Broadcast()
		if _, err := t.stream.Write(out); err != nil {
			t.stream.Close() // the next Read fails; what waits for it is drained
		}
	}
}
