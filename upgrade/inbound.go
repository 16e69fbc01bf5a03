package upgrade

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// ErrDrained is what reading a streamed message fails with when it comes too late: nobody held the message when
// the function that got it had returned, so the rest was thrown away to get at the next one.
var ErrDrained = errors.New("upgrade: streamed message was drained, because it was not held when its handler returned")

// An inbound is one streamed message while it arrives. Its chunks are read from the socket by whoever
// runs them. The connection's own loop waits until that has ended, or drains it.
type inbound struct {
	c       *Conn
	op      protocol.Opcode
	head    []byte // the payload that came with the first header
	encoded bool   // the rest is to be decoded

	mu        sync.Mutex
	holds     int
	running   bool          // its chunks are being run
	reading   bool          // and the socket is being read for them
	touched   bool          // they were begun
	ended     bool          // all of it arrived, or never will
	drained   bool          // by the connection
	abandoned bool          // nobody waits for those who hold it
	failure   error         // that it ended with
	idle      chan struct{} // closed when the message is neither held nor running, while the loop waits
}

func newInbound(c *Conn, op protocol.Opcode, head []byte) *inbound {
	return &inbound{c: c, op: op, head: head}
}

func (in *inbound) message() message.Message {
	kind := message.KindBinary
	if in.op == protocol.OpText {
		kind = message.KindText
	}
	return message.Inbound(kind, flow.NewSource("Conn chunks", in.start), in)
}

// Hold implements [flow.Holder].
func (in *inbound) Hold() {
	in.mu.Lock()
	in.holds++
	in.mu.Unlock()
}

// Release implements [flow.Holder].
func (in *inbound) Release() {
	in.mu.Lock()
	in.holds--
	in.settle()
	in.mu.Unlock()
}

// settle tells the connection's loop that the message is free. It is called with mu held.
func (in *inbound) settle() {
	free := !in.running && in.holds <= 0
	if in.abandoned {
		free = !in.reading
	}
	if in.idle != nil && free {
		in.drained = in.drained || !in.ended // from now on the reader is the loop's
		close(in.idle)
		in.idle = nil
	}
}

// begin claims the message for one run of its chunks.
func (in *inbound) begin() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.touched:
		return flow.ErrConsumed
	case in.failure != nil:
		return in.failure
	case in.drained, in.abandoned:
		return ErrDrained
	}
	in.touched, in.running = true, true
	return nil
}

func (in *inbound) start(ctx context.Context, emit func([]byte) error, end func(error)) {
	if err := in.begin(); err != nil {
		end(err)
		return
	}
	flow.Guard(func(err error) {
		in.mu.Lock()
		in.running = false
		in.settle()
		in.mu.Unlock()
		end(err)
	}, func() error {
		defer context.AfterFunc(ctx, in.c.kick)()
		err := in.read(emit, func() bool { return ctx.Err() != nil || in.c.gone.Err() != nil || in.left() })
		if err == errStopped { // never wrapped
			return cmp.Or(context.Cause(ctx), context.Cause(in.c.gone), ErrDrained)
		}
		return err
	})
}

// read hands the chunks to emit, up to the end of the message or the first error of emit.
func (in *inbound) read(emit func([]byte) error, stopped func() bool) error {
	if len(in.head) > 0 {
		head := in.head
		in.head = nil
		if err := emit(head); err != nil {
			return err
		}
	}
	for end := in.ended; !end; {
		var chunk []byte
		var err error
		chunk, end, err = in.next(stopped)
		if err != nil {
			return err
		}
		if len(chunk) > 0 {
			if err := emit(chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

// next reads the next chunk, as the owner of the reader.
func (in *inbound) next(stopped func() bool) (chunk []byte, end bool, err error) {
	if !in.setReading(true) {
		return nil, false, ErrDrained
	}
	defer in.setReading(false)
	c := in.c
	c.reclaim(stopped)
	defer c.release()
	if stopped() { // the kick may have gone to a stand-in
		return nil, false, errStopped
	}
	chunk, end, err = c.nextChunk(in.encoded)
	if err != nil {
		if err != errStopped { // never wrapped
			in.setEnded(err)
		}
		return nil, false, err
	}
	if end {
		in.setEnded(nil)
	}
	c.decoding.keepRest()
	c.beginBatch()
	return chunk, end, nil
}

// setReading says whether the socket is read for the message. It reports false if it may not be any more.
func (in *inbound) setReading(reading bool) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if reading && in.abandoned {
		return false
	}
	in.reading = reading
	in.settle()
	return true
}

// left reports whether nobody waits for those who read the message.
func (in *inbound) left() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.abandoned
}

// during calls emit with the message. When that fails, nobody reads for the message any more when during returns.
func (in *inbound) during(emit func() error) (err error) {
	if in == nil {
		return emit()
	}
	returned := false
	defer func() {
		if !returned || err != nil {
			<-in.whenIdle(true)
		}
	}()
	err = emit()
	returned = true
	return err
}

func (in *inbound) setEnded(err error) {
	in.mu.Lock()
	in.ended, in.failure = true, err
	in.mu.Unlock()
}

// finish waits while the message is held or being read, and then drains what is left of it. The connection's loop
// calls it when the handler has returned.
func (in *inbound) finish(ctx context.Context, stopped func() bool) error {
	if !in.await(ctx) {
		return context.Cause(ctx)
	}
	in.mu.Lock()
	ended, failure := in.ended, in.failure
	in.mu.Unlock()
	if ended {
		return failure
	}
	in.c.reclaim(stopped)
	return in.c.skipRest(in.encoded)
}

// await waits until the message is neither held nor being read. If ctx or the connection ends first, it waits
// for whoever is reading alone, and reports false: nobody can begin any more.
func (in *inbound) await(ctx context.Context) bool {
	free := in.whenIdle(false)
	select {
	case <-free:
		return true
	case <-ctx.Done():
	case <-in.c.gone.Done():
	}
	<-in.whenIdle(true)
	return ctx.Err() == nil
}

// whenIdle returns what is closed when the message is neither held nor running. With abandon, holds do not count.
func (in *inbound) whenIdle(abandon bool) <-chan struct{} {
	in.mu.Lock()
	defer in.mu.Unlock()
	if abandon && !in.abandoned {
		in.abandoned = true
		in.c.kick()
	}
	idle := in.idle
	if idle == nil {
		idle = make(chan struct{})
		in.idle = idle
	}
	in.settle()
	return idle
}
