package upgrade

import (
	"fmt"

	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// agreed is what the opening handshake has led to.
type agreed struct {
	subprotocol string
	extensions  []protocol.Extension
	codecs      []protocol.Codec
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
// whether any does. size is negative if it is not known.
func (c *Conn) beginMessage(op protocol.Opcode, size int, m message.Message) bool {
	if len(c.agreed.codecs) == 0 {
		return false
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
	rsv := c.enc.Begin(op, size, wants)
	c.wr.SetRSV(rsv)
	return rsv != 0
}

// appendEncoded appends a frame with what the next piece of a message becomes, with writing.mu held.
func (c *Conn) appendEncoded(op protocol.Opcode, piece []byte, fin bool) error {
	c.used = true
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	out := c.enc.Encode(b[:0], piece, fin)
	if cap(out) == bufferSize {
		return c.appendCopy(op, out, fin)
	}
	return c.appendFrame(op, out, fin)
}

// restCodecs lets go of what compression can have again, if no message was compressed since the last call.
func (c *Conn) restCodecs() {
	c.writing.mu.Lock()
	if !c.used && !c.open {
		c.enc.Rest()
	}
	c.used = false
	c.writing.mu.Unlock()
}
