package driver

import (
	"bytes"
	"fmt"

	"github.com/wsflow/wsflow/protocol"
)

// sending is the outgoing direction.
type sending struct {
	writer  protocol.Writer
	waiting []command // for the connection to be open

	// The message that was begun in fragments, and not ended.
	kind protocol.Opcode // OpContinuation if there is none
	text protocol.UTF8

	encoder protocol.Encoder
	encoded bool // the message that is being written goes through it
	buf     []byte
}

// A command is a frame that is to be sent, and can be.
type command struct {
	op      protocol.Opcode
	payload []byte
	fin     bool
	asItIs  bool // not compressed
}

// Text sends a text. Before the connection is open it waits for that, in its order
// among all that is sent. The error is [ErrClosed], [ErrInvalidText] if s is not
// UTF-8, or [protocol.ErrMessageOpen] if [Conn.Fragment] has begun another message.
func (c *Conn) Text(s string) error { return c.Fragment(protocol.OpText, []byte(s), true) }

// Binary sends a binary message, as [Conn.Text] does a text. p is copied.
func (c *Conn) Binary(p []byte) error { return c.Fragment(protocol.OpBinary, p, true) }

// Fragment sends a fragment of a message, for one whose end is not known when it
// begins: [protocol.OpText] or [protocol.OpBinary] begins a message,
// [protocol.OpContinuation] continues it, and fin ends it. p is copied. The fragments
// of a text may end inside a character, the text may not.
//
// The errors are those of [Conn.Text], [protocol.ErrNoMessage] where there is nothing
// to continue, and [protocol.ErrInvalidFrame] for other opcodes. A fragment with an
// error is not sent, and changes nothing.
func (c *Conn) Fragment(op protocol.Opcode, p []byte, fin bool) error {
	return c.fragment(command{op: op, payload: p, fin: fin})
}

// Uncompressed sends a fragment as [Conn.Fragment] does. If that begins a message, the
// message is not compressed, whatever was agreed on: one that is compressed already, such
// as an image, or one that has a secret beside what somebody else may have chosen, who
// could tell the secret by its length (the attacks known as CRIME and BREACH). Other
// extensions than compression, which owns RSV1 (RFC 7692, 6), decide for themselves.
func (c *Conn) Uncompressed(op protocol.Opcode, p []byte, fin bool) error {
	return c.fragment(command{op: op, payload: p, fin: fin, asItIs: true})
}

func (c *Conn) fragment(cmd command) error {
	op, p, fin := cmd.op, cmd.payload, cmd.fin
	s := &c.sending
	kind, text := op, protocol.UTF8{}
	switch {
	case c.state >= StateClosing:
		return ErrClosed
	case !op.IsData():
		return fmt.Errorf("%w: %v is not a data opcode", protocol.ErrInvalidFrame, op)
	case op == protocol.OpContinuation && s.kind == protocol.OpContinuation:
		return protocol.ErrNoMessage
	case op != protocol.OpContinuation && s.kind != protocol.OpContinuation:
		return protocol.ErrMessageOpen
	case op == protocol.OpContinuation:
		kind, text = s.kind, s.text
	}
	if kind == protocol.OpText && (!text.Write(p) || fin && !text.Complete()) {
		return ErrInvalidText
	}
	s.kind, s.text = kind, text
	if fin {
		s.kind = protocol.OpContinuation
	}
	c.send(cmd)
	return nil
}

// send sends a command, now or when the connection is open.
func (c *Conn) send(cmd command) {
	if c.state == StateConnecting {
		cmd.payload = bytes.Clone(cmd.payload)
		c.sending.waiting = append(c.sending.waiting, cmd)
		return
	}
	c.write(cmd)
}

// write writes a command, which has been checked: there is no error.
func (c *Conn) write(cmd command) {
	w := &c.sending.writer
	switch cmd.op {
	case protocol.OpPing:
		c.out.buf, _ = w.AppendPing(c.out.buf, cmd.payload)
	case protocol.OpPong:
		c.out.buf, _ = w.AppendPong(c.out.buf, cmd.payload)
	default:
		payload := c.sending.encode(cmd)
		c.out.buf, _ = w.AppendFrame(c.out.buf, cmd.op, payload, cmd.fin)
	}
}

// encode returns what becomes of a fragment's payload in the extensions that want its
// message. It is valid until the next call.
func (s *sending) encode(cmd command) []byte {
	if cmd.op != protocol.OpContinuation {
		size := -1 // not known
		if cmd.fin {
			size = len(cmd.payload)
		}
		var wants func(protocol.Codec) bool
		if cmd.asItIs {
			wants = func(x protocol.Codec) bool { return x.RSV()&protocol.RSV1 == 0 && x.Wants(cmd.op, size) }
		}
		rsv := s.encoder.Begin(cmd.op, size, wants)
		s.writer.SetRSV(rsv)
		s.encoded = rsv != 0
	}
	if !s.encoded {
		return cmd.payload
	}
	payload := s.encoder.Encode(s.buf[:0], cmd.payload, cmd.fin)
	if s.buf = payload[:0]; cap(s.buf) > keepBuffer {
		s.buf = nil
	}
	return payload
}

// rest lets go of memory. Inside a message the extensions keep theirs.
func (s *sending) rest() {
	s.buf = nil
	if s.kind == protocol.OpContinuation {
		s.encoder.Rest()
	}
}
