package message

import (
	"context"
	"errors"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// A Codec is how [TextOnly], [BinaryOnly] and [JSON] treat the messages of the peer. They take none or one. The zero
// Codec is safe: it refuses what does not fit.
type Codec struct {
	// Limit is the longest message in bytes; a longer one fails with code 1009. With 0, a strict
	// message may have any length (it has passed the limit of its connection), and a streamed one, which is
	// collected, at most [DefaultLimit].
	Limit int

	// Invalid is asked about a message that does not decode; it is strict. Without it, the stream fails with
	// code 1007. (Text that is not UTF-8 fails so always.)
	Invalid Policy

	// Other is asked about a message of the kind that is not wanted. Without it, the stream fails
	// with code 1003.
	Other Policy
}

// A Policy decides about a message that an adapter cannot use. It is called with what is wrong with it, a
// [protocol.CloseError] in its chain. Nil leaves the message out, and drains it if it is streamed; an error
// fails the stream with that error. The nil Policy fails with err itself.
type Policy func(ctx context.Context, m Message, err error) error

// Skip is the [Policy] that leaves the message out: a streamed one is drained.
func Skip(context.Context, Message, error) error { return nil }

// FailWith returns the [Policy] that fails the stream with the given close code; the reason stays what it is.
// It panics if the code is not one that a close frame may carry.
func FailWith(code protocol.CloseCode) Policy {
	if !code.IsSendable() {
		panic("message: FailWith: close code " + code.String() + " may not be sent")
	}
	return func(_ context.Context, _ Message, err error) error {
		reason := ""
		if closing, ok := errors.AsType[*protocol.CloseError](err); ok {
			reason = closing.Reason
		}
		return &policyError{
			closing: &protocol.CloseError{Code: code, Reason: reason}, cause: err,
		}
	}
}

// A policyError closes with a code of the user's, and keeps the cause for the log.
type policyError struct {
	closing *protocol.CloseError
	cause   error
}

func (e *policyError) Error() string { return e.cause.Error() + " (" + e.closing.Error() + ")" }

// Unwrap puts the user's code first, so that it is what errors.As finds.
func (e *policyError) Unwrap() []error { return []error{e.closing, e.cause} }

func (p Policy) decide(ctx context.Context, m Message, err error) error {
	if p == nil {
		return err
	}
	return p(ctx, m, err)
}

// theCodec is the one that an adapter was called with, or the zero Codec.
func theCodec(codec []Codec) Codec {
	switch len(codec) {
	case 0:
		return Codec{}
	case 1:
		return codec[0]
	}
	panic("message: an adapter takes at most one Codec")
}

// wanted returns m as a strict message if it is of the kind that is wanted. Otherwise ok is false, and m
// has been left out unless there is an error.
func (c *Codec) wanted(ctx context.Context, m Message, kind Kind) (strict Message, ok bool, err error) {
	if m.kind == kind {
		strict, err = m.strict(ctx, c.Limit, "Codec.Limit")
		return strict, err == nil, err
	}
	refused := refusal(protocol.CloseUnsupportedData, m.kind.String()+" messages are not accepted")
	if err := c.Other.decide(ctx, m, refused); err != nil {
		return Message{}, false, err
	}
	err = m.drain(ctx)
	if errors.Is(err, flow.ErrConsumed) {
		err = nil // the policy has read it
	}
	return Message{}, false, err
}

// decoded is the inbound half of an adapter: the values of the messages of the kind that is wanted.
func decoded[I any](name string, in flow.Source[Message], kind Kind, c *Codec, decode func(Message) (I, error)) flow.Source[I] {
	type onMessage = func(Message) error
	return flow.Operator(name, in, func(ctx context.Context, emit func(I) error, end func(error)) (onMessage, func(error)) {
		return func(m Message) error {
			m, ok, err := c.wanted(ctx, m, kind)
			if !ok {
				return err
			}
			v, err := decode(m)
			if err != nil {
				return c.Invalid.decide(ctx, m, err)
			}
			return emit(v)
		}, end
	})
}

// encoded is the outbound half of an adapter.
func encoded[O any](name string, in flow.Source[O], encode func(O) (Message, error)) flow.Source[Message] {
	return flow.Operator(name, in, func(_ context.Context, emit func(Message) error, end func(error)) (func(O) error, func(error)) {
		return func(v O) error {
			m, err := encode(v)
			if err != nil {
				return err
			}
			return emit(m)
		}, end
	})
}
