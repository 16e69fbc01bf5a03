package main

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/wsflow/wsflow/protocol"
)

// A connection is a link, with what came over it and was not asked for yet.
type connection struct {
	link
	tap       *tap
	echo      bool
	fragments int // of an echo; 0 for none
	messages  *queue[reply]
	pongs     *queue[string]
	open      bool // a message that is sent fragment by fragment
}

// run reads until the end. It is on the goroutine that the library wants to be read on.
func (c *connection) run() {
	code, reason := c.read(c)
	if code == 0 {
		code, reason = c.tap.closed()
	}
	_ = c.tap.Close()
	c.messages.put(reply{Kind: "closed", Code: code, Reason: reason})
	c.pongs.end()
	c.tap.frames.end()
}

// received takes a message, or returns it.
func (c *connection) received(binary bool, content []byte) {
	switch {
	case !c.echo && binary:
		c.messages.put(reply{Kind: "binary", Data: content})
	case !c.echo:
		c.messages.put(reply{Kind: "text", Text: string(content)})
	case c.fragments > 0:
		_ = c.parts(binary, pieces(content, c.fragments)) // the reader sees that the connection has ended
	default:
		_ = c.send(binary, content)
	}
}

// pieces cuts content into so many, and nothing into one that is empty.
func pieces(content []byte, count int) [][]byte {
	size := max(1, (len(content)+count-1)/count)
	parts := [][]byte{content[:min(size, len(content))]}
	for at := size; at < len(content); at += size {
		parts = append(parts, content[at:min(at+size, len(content))])
	}
	return parts
}

// parts sends a message in fragments, with the library if it can.
func (c *connection) parts(binary bool, parts [][]byte) error {
	if done, err := c.sendParts(binary, parts); done {
		return err
	}
	for i, part := range parts {
		if err := c.fragment(binary, part, i == len(parts)-1); err != nil {
			return err
		}
	}
	return nil
}

// fragment writes one beside the library.
func (c *connection) fragment(binary bool, content []byte, fin bool) error {
	op := protocol.OpText
	switch {
	case c.open:
		op = protocol.OpContinuation
	case binary:
		op = protocol.OpBinary
	}
	c.open = !fin
	return c.tap.writeFrame(op, content, fin)
}

func (c *connection) work(r request) (reply, error) {
	switch r.Op {
	case "send":
		return reply{}, c.send(r.Kind == "binary", r.content())
	case "send_parts":
		var parts [][]byte
		for _, part := range r.Parts {
			parts = append(parts, []byte(part))
		}
		return reply{}, c.parts(r.Kind == "binary", parts)
	case "fragment":
		return reply{}, c.fragment(false, []byte(r.Text), r.Fin)
	case "raw":
		return reply{}, c.tap.writeRaw(r.Data)
	case "receive":
		return c.messages.get(), nil
	case "frame":
		f := c.tap.frames.get()
		return reply{Text: string(f.payload), Fin: f.fin}, nil
	case "ping":
		return reply{}, c.pingPong(r.Text)
	case "close":
		return reply{}, c.closing(r.Code, r.Reason)
	case "leave":
		return reply{}, c.leave(r.Code, r.Reason)
	case "cut":
		return reply{}, c.tap.Close()
	}
	return reply{}, fmt.Errorf("no operation %q", r.Op)
}

// pingPong sends a ping and waits for its pong.
func (c *connection) pingPong(payload string) error {
	if err := c.ping([]byte(payload)); err != nil {
		return err
	}
	if pong := c.pongs.get(); pong != payload {
		return fmt.Errorf("the answer to ping %q is %q", payload, pong)
	}
	return nil
}

// closing sends a close frame, an empty one if code is 0.
func (c *connection) closing(code int, reason string) error {
	if done, err := c.close(code, reason); done {
		return err
	}
	var payload []byte
	if code != 0 {
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	}
	return c.tap.writeFrame(protocol.OpClose, payload, true)
}

// A queue hands what is put into it to those who wait for it, in order. After its end it has zero values.
type queue[T any] struct {
	mu     sync.Mutex
	change *sync.Cond
	values []T
	ended  bool
}

func newQueue[T any]() *queue[T] {
	q := new(queue[T])
	q.change = sync.NewCond(&q.mu)
	return q
}

func (q *queue[T]) put(v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.values = append(q.values, v)
	q.change.Signal()
}

func (q *queue[T]) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.change.Broadcast()
}

func (q *queue[T]) get() (v T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.values) == 0 && !q.ended {
		q.change.Wait()
	}
	if len(q.values) > 0 {
		v, q.values = q.values[0], q.values[1:]
	}
	return v
}
