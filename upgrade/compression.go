package upgrade

import (
	"context"
	"fmt"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// agreed is what the opening handshake has led to.
type agreed struct {
	subprotocol string
	extensions  []protocol.Extension
	codecs      []protocol.Codec
	rsv         uint8 // that codecs own; asked for before the 101 is sent, since a codec may panic
}

// negotiators returns the extensions that a connection is willing to use.
func (s *Settings) negotiators() ([]protocol.Negotiator, error) {
	if s.Compression == nil {
		return s.Extensions, nil
	}
	compression := *s.Compression
	if compression.MaxMessage == 0 {
		compression.MaxMessage = s.MaxMessage
	}
	if err := compression.Validate(); err != nil {
		return nil, fmt.Errorf("upgrade: Settings.Compression: %w", err)
	}
	return append([]protocol.Negotiator{deflate.New(compression)}, s.Extensions...), nil
}

// beginMessage decides which codecs change a message that is about to be sent, with writing.mu held, and reports
// whether any does. size is negative if it is not known. The error is a codec's panic.
func (c *Conn) beginMessage(op protocol.Opcode, size int, m message.Message) (encoded bool, err error) {
	if len(c.agreed.codecs) == 0 {
		return false, nil
	}
	var wants func(protocol.Codec) bool
	if choice := m.Compression(); choice != message.CompressDefault {
		wants = func(x protocol.Codec) bool {
			if x.RSV()&protocol.RSV1 != 0 { // "Per-Message Compressed" (RFC 7692, 6)
				return choice == message.CompressAlways
			}
			return x.Wants(op, size)
		}
	}
	var rsv uint8
	err = c.guarded(func() { rsv = c.enc.Begin(op, size, wants) })
	c.wr.SetRSV(rsv)
	return rsv != 0, err
}

// appendEncoded appends a frame with what the next piece of a message becomes, with writing.mu held.
func (c *Conn) appendEncoded(op protocol.Opcode, piece []byte, fin bool) error {
	c.used = true
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	var out []byte
	if err := c.guarded(func() { out = c.enc.Encode(b[:0], piece, fin) }); err != nil {
		return err
	}
	if cap(out) == bufferSize {
		return c.appendCopy(op, out, fin)
	}
	return c.appendFrame(op, out, fin)
}

// restCodecs lets go of what compression can have again, if no message was compressed since the last call.
func (c *Conn) restCodecs() {
	var err error
	c.writing.mu.Lock()
	if !c.used && !c.open {
		err = c.guarded(c.enc.Rest)
	}
	c.used = false
	c.writing.mu.Unlock()
	if err != nil {
		_ = c.codecFailed(err)
	}
}

// guarded calls codecs, which may be the user's, with writing.mu held: their panic would leave the lock behind, or end
// the program. The error is a *[flow.PanicError].
func (c *Conn) guarded(f func()) (err error) {
	flow.Guard(func(e error) {
		err = e
		if panicked, ok := e.(*flow.PanicError); ok && panicked.Value == nil { // runtime.Goexit: nobody comes back
			c.writing.mu.Unlock()
			_ = c.codecFailed(e)
		}
	}, func() error { f(); return nil })
	return err
}

// codecFailed fails the connection because a codec of ours did, and returns the first cause. What the codec keeps from
// message to message cannot be trusted any more.
func (c *Conn) codecFailed(err error) error {
	c.tellFailed(context.Background(), "websocket extension failed", "extension_failed", err)
	cause := c.because(&CloseError{Code: protocol.CloseInternalError, Err: err})
	c.sendClose(cause.Code, cause.Reason)
	return cause
}
