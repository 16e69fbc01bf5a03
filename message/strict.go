package message

import (
	"context"
	"fmt"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// DefaultLimit is the longest message, in bytes, that is collected where no limit is set: 1 MiB.
const DefaultLimit = 1 << 20

// Strict returns the message as a strict one. A strict message is returned as it is; the chunks of a streamed
// one are collected, and memory grows with what arrives. Strict returns when the last chunk has arrived, ctx is
// done, or the message has failed. A text is valid UTF-8 afterwards, and otherwise fails with a
// [protocol.CloseError] of code 1007.
//
// A message longer than limit bytes fails with a [protocol.CloseError] of code 1009. With limit 0 or less, a
// strict message, which is in memory already, may have any length, and a streamed one at most [DefaultLimit].
func (m Message) Strict(ctx context.Context, limit int) (Message, error) {
	return m.strict(ctx, limit, "the limit given to Message.Strict")
}

// strict is Strict; setting says in an error where the limit was set.
func (m Message) strict(ctx context.Context, limit int, setting string) (Message, error) {
	if !m.IsStrict() {
		if limit <= 0 {
			limit = DefaultLimit
		}
		strict, err := m.collect(ctx, limit, setting)
		if err == nil {
			strict.compression = m.compression
		}
		return strict, err
	}
	if limit > 0 && len(m.content) > limit {
		return Message{}, tooLong(limit, setting)
	}
	if m.kind == KindBinary || m.IsKnownValid() {
		return m, nil
	}
	if !m.isValid() {
		return Message{}, notUTF8()
	}
	return ValidText(m.content).WithCompression(m.compression), nil
}

func (m Message) collect(ctx context.Context, limit int, setting string) (Message, error) {
	c := collector{limit: limit, setting: setting}
	if m.kind == KindText {
		err := m.TextChunks().Run(ctx, c.add)
		if err != nil {
			return Message{}, err
		}
		return ValidText(c.content()), nil
	}
	err := m.Chunks().Run(ctx, func(chunk []byte) error { return c.add(stringOf(chunk)) })
	if err != nil {
		return Message{}, err
	}
	return Message{kind: m.kind, content: c.content()}, nil
}

// A collector joins chunks. A single one is not copied.
type collector struct {
	limit   int
	setting string
	first   string
	joined  []byte // first and those after it, once there are any
}

func (c *collector) add(chunk string) error {
	if len(chunk) > c.limit-max(len(c.first), len(c.joined)) {
		return tooLong(c.limit, c.setting)
	}
	switch {
	case c.first == "":
		c.first = chunk
	case c.joined == nil:
		c.joined = append(append(make([]byte, 0, len(c.first)+len(chunk)), c.first...), chunk...)
	default:
		c.joined = append(c.joined, chunk...)
	}
	return nil
}

func (c *collector) content() string {
	if c.joined != nil {
		return stringOf(c.joined)
	}
	return c.first
}

// drain reads what is left of a streamed message and forgets it.
func (m Message) drain(ctx context.Context) error {
	if m.IsStrict() {
		return nil
	}
	return m.Chunks().Run(ctx, func([]byte) error { return nil })
}

func tooLong(limit int, setting string) error {
	return fmt.Errorf("message: too long for %s: %w", setting, &protocol.CloseError{
		Code: protocol.CloseMessageTooBig, Reason: fmt.Sprintf("message is longer than %d bytes", limit),
	})
}

// refusal is an error that closes the connection with the code and the reason.
func refusal(code protocol.CloseCode, reason string) error {
	return fmt.Errorf("message: %w", &protocol.CloseError{Code: code, Reason: reason})
}

var _ flow.Holder = Message{}
