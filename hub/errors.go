package hub

import "errors"

var (
	// ErrClosed is what a value is refused with after Close, Drain or Fail. After Fail it wraps the failure too.
	ErrClosed = errors.New("hub: closed")

	// ErrStreamed is what a topic refuses a streamed message with: its content passes once, to one reader, and a
	// topic keeps its values and gives each to many. It is collected first, with message.Message.Strict.
	ErrStreamed = errors.New("hub: a topic takes no streamed message, which has one reader: collect it with Strict")

	// ErrTooManyTopics is what [Topics] fail with if there would be one more than TopicsSettings.Max.
	ErrTooManyTopics = errors.New("hub: too many topics")
)

// An ending is what a hub was closed with.
type ending struct{ err error }

// refusal is the error of whoever comes too late.
func (e *ending) refusal() error { return &refusal{ending: e} }

// A refusal is an [ErrClosed] that knows why.
type refusal struct{ *ending }

func (r *refusal) Error() string {
	if r.err == nil {
		return ErrClosed.Error()
	}
	return ErrClosed.Error() + ": " + r.err.Error()
}

func (r *refusal) Is(target error) bool { return target == ErrClosed }

func (r *refusal) Unwrap() error { return r.err }
