package upgrade

import (
	"context"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// writeStream sends a message chunk by chunk. Its frames may have control frames between them, but no other message.
func (c *Conn) writeStream(ctx context.Context, m message.Message, when flushing) (err error) {
	op := protocol.OpBinary
	if m.IsText() {
		op = protocol.OpText
	}
	c.writing.mu.Lock()
	if err := c.awaitGap(ctx); err != nil {
		c.writing.mu.Unlock()
		return err
	}
	encoded, err := c.beginMessage(op, -1, m)
	c.open = err == nil
	c.writing.mu.Unlock()
	if err != nil {
		return c.writeError(err)
	}

	ctx, cancel := c.withGone(ctx)
	defer cancel()
	defer func() {
		if err != nil && op == protocol.OpContinuation {
			// The message has begun and cannot be taken back: the connection fails with it.
			if when == flushNow { // a context of the user's, whose end is not the connection's
				ctx = context.WithoutCancel(ctx)
			}
			cause := c.verdict(ctx, err)
			c.sendClose(cause.Code, cause.Reason)
		}
		c.writing.mu.Lock()
		c.open = false
		c.notify()
		c.writing.mu.Unlock()
	}()
	flow.Guard(func(e error) { err = e }, func() error { return c.writeChunks(ctx, m, &op, encoded) })
	return err
}

// writeChunks writes the frames of a message; op becomes OpContinuation with the first one.
func (c *Conn) writeChunks(ctx context.Context, m message.Message, op *protocol.Opcode, encoded bool) error {
	add := c.appendFrame
	if encoded {
		add = c.appendEncoded
	}
	var check protocol.UTF8
	err := m.Chunks().Run(ctx, func(chunk []byte) error {
		if m.IsText() && !check.Write(chunk) {
			return ErrInvalidText
		}
		err := c.writeChunk(add, *op, chunk, false)
		*op = protocol.OpContinuation
		return err
	})
	if err != nil {
		return err
	}
	if m.IsText() && !check.Complete() {
		return ErrInvalidText
	}
	return c.writeChunk(add, *op, nil, true)
}

func (c *Conn) writeChunk(add func(protocol.Opcode, []byte, bool) error, op protocol.Opcode, chunk []byte, fin bool) error {
	c.writing.mu.Lock()
	if err := add(op, chunk, fin); err != nil {
		c.writing.mu.Unlock()
		return c.writeError(err)
	}
	c.chunksOut++
	if fin {
		c.messagesOut++
	}
	return c.flushLocked(flushLater)
}
