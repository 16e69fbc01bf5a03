package upgrade

import (
	"context"
	"errors"
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// errUnfinished is what a handler of frames fails with that ends inside a message, which cannot be taken back.
var errUnfinished = errors.New("upgrade: frame handler ended inside a message")

// writeFrame sends a frame of a [FrameHandler].
func (c *Conn) writeFrame(ctx context.Context, f Frame) error {
	switch {
	case f.Opcode == protocol.OpClose:
		return c.writeCloseFrame(f)
	case f.Opcode.IsControl():
		return c.writeControlFrame(f)
	case f.Opcode.IsReserved(), f.RSV&^c.agreed.rsv != 0, f.RSV != 0 && f.Opcode == protocol.OpContinuation:
		return fmt.Errorf("%w: %v", protocol.ErrInvalidFrame, f)
	}
	c.writing.mu.Lock()
	if err := c.admitFrame(ctx, f); err != nil {
		c.writing.mu.Unlock()
		return c.writeError(err)
	}
	c.wr.SetRSV(f.RSV)
	if err := c.appendFrame(f.Opcode, f.Payload, f.Fin); err != nil {
		c.writing.mu.Unlock()
		return c.writeError(err)
	}
	c.sending, c.open = !f.Fin, !f.Fin
	c.chunksOut++
	if f.Fin {
		c.messagesOut++
		c.notify()
	}
	return c.flushLocked(flushLater)
}

// admitFrame waits until a data frame may be sent, or says why it may not. It is called with the lock of the writer held.
func (c *Conn) admitFrame(ctx context.Context, f Frame) error {
	switch begins := f.Opcode != protocol.OpContinuation; {
	case begins && c.sending:
		return protocol.ErrMessageOpen
	case !begins && !c.sending:
		return protocol.ErrNoMessage
	case begins:
		if err := c.awaitGap(ctx); err != nil {
			return err
		}
		c.isText = f.Opcode == protocol.OpText && f.RSV == 0
		c.text.Reset()
	}
	if c.isText && (!c.text.Write(f.Payload) || f.Fin && !c.text.Complete()) {
		return ErrInvalidText
	}
	return nil
}

// writeControlFrame sends a ping, which is timed, or a pong, of a [FrameHandler].
func (c *Conn) writeControlFrame(f Frame) error {
	when := flushLater
	if f.Opcode == protocol.OpPing {
		payload, err := ownPayload(f.Payload)
		if err != nil {
			return err
		}
		when = flushNow
		c.keepAlive.next(payload, false)
	}
	return c.writeControl(f, when)
}

// writeCloseFrame begins the closing handshake, or answers.
func (c *Conn) writeCloseFrame(f Frame) error {
	code, reason, err := protocol.ParseClosePayload(f.Payload)
	if err != nil || !f.Fin || f.RSV != 0 || len(f.Payload) > protocol.MaxControlPayload {
		return fmt.Errorf("%w: %v", protocol.ErrInvalidFrame, f)
	}
	c.because(&CloseError{Code: code, Reason: reason})
	c.sendClose(code, reason)
	return nil
}

// endFrames lets others send if the handler has ended inside a message, and returns what it has ended with.
func (c *Conn) endFrames(err error) error {
	c.writing.mu.Lock()
	defer c.writing.mu.Unlock()
	if !c.sending {
		return err
	}
	c.sending, c.open = false, false
	c.notify()
	if err == nil && !c.wr.CloseSent() {
		return errUnfinished
	}
	return err
}
