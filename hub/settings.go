package hub

import (
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A Policy says what happens when more values wait for a subscriber than its Buffer has room for.
type Policy uint8

const (
	// Disconnect fails the subscriber with a *[protocol.CloseError], once it comes for the next value. It can return
	// with the last position that it got. It is the default: nothing is lost unseen, and nobody else waits.
	Disconnect Policy = iota

	// Backpressure lets the publishers wait until half of the Buffer is free. One slow subscriber slows down all, and
	// one that publishes to the topic while it is at work on a value may wait for itself.
	Backpressure

	// DropOldest leaves out the values that have waited longest.
	DropOldest

	// DropNewest leaves out the values that arrive. Publishing costs a step for each such subscriber.
	DropNewest

	// Conflate gives the subscriber the newest value of each key, in the order of their publication, and leaves out
	// those that a newer one has replaced. It needs [Settings].Key. Buffer has no meaning for it.
	Conflate
)

// All, as [Options].Replay, is every value that the topic still has.
const All = -1

// Options are a subscriber's. The zero Options are those of one that gets what is published from now on, and is
// disconnected when it lags behind by more than the log has.
type Options struct {
	Policy Policy

	// Buffer is how many values may wait for the subscriber, apart from the one that it is at work on: at most
	// Settings.Log, which is also the default. A subscriber that gets older values first may have the whole log wait,
	// until it has caught up.
	Buffer int

	// After, if it is not zero, is the last position that the subscriber has seen: it gets what came after. What is
	// not kept any more is Missed. If the position is not of this topic, the subscriber gets an item that says Reset,
	// and all that is kept.
	After Position

	// Replay is how many of the newest values a subscriber gets first that has no After; All for what is kept. The
	// default is none.
	Replay int

	// Announce tells the subscriber where it is, also where there is nothing to tell yet: its first item comes at once,
	// and has no value if there is none. So who leaves before the first value can return without having missed any.
	Announce bool

	// Code and Reason are for Disconnect: the close code, 1013 (try again later) by default, and up to 123 bytes of
	// text, "too slow" by default.
	Code   protocol.CloseCode
	Reason string
}

const (
	defaultLog  = 256
	defaultKeys = 1024
)

// Settings are a topic's. The zero Settings keep 256 values and no keys.
type Settings[T any] struct {
	// Log is how many values the topic keeps, for subscribers that lag behind or return: 256 by default. They are
	// kept until others take their place, also while there is no subscriber.
	Log int

	// Age is how old a value may be to be given to a new subscriber, or to one that returns. By default there is no
	// bound. It does not free memory.
	Age time.Duration

	// Key gives the key of a value, for the policy Conflate. It must be comparable, and equal itself, which a NaN does
	// not: Publish panics with other keys. It is called once for each value, by whoever publishes it, also by several
	// at once.
	Key func(T) any

	// Keys is how many keys the newest value is kept of, 1024 by default. Beyond it, the key goes that has had no new
	// value for longest; a subscriber that did not get its value sees it as Missed.
	Keys int

	// StartAfter is how many subscribers must have come before anything can be published: until then, publishers
	// wait. The default is none.
	StartAfter int
}

func (s Settings[T]) withDefaults() Settings[T] {
	if s.Log < 0 || s.Keys < 0 || s.Age < 0 || s.StartAfter < 0 {
		panic("hub: Settings with a negative number")
	}
	if s.Log == 0 {
		s.Log = defaultLog
	}
	if s.Keys == 0 {
		s.Keys = defaultKeys
	}
	return s
}

// check fills in the defaults, and panics for what can never work with a topic of these settings.
func (s Settings[T]) check(o Options) Options {
	if o.Buffer == 0 {
		o.Buffer = s.Log
	}
	if o.Code == 0 {
		o.Code = protocol.CloseTryAgainLater
	}
	if o.Reason == "" {
		o.Reason = "too slow"
	}
	switch {
	case o.Policy > Conflate:
		panic("hub: Subscribe with an unknown Policy")
	case o.Policy == Conflate && s.Key == nil:
		panic("hub: Subscribe with Conflate to a topic without Settings.Key")
	case o.Buffer < 0 || o.Buffer > s.Log:
		panic("hub: Subscribe with a Buffer that is negative or larger than Settings.Log")
	case o.Replay < All:
		panic("hub: Subscribe with a negative Replay")
	case !o.Code.IsSendable():
		panic("hub: Subscribe with a Code that cannot be sent")
	case len(o.Reason) > protocol.MaxCloseReason:
		panic("hub: Subscribe with a Reason of more than 123 bytes")
	}
	return o
}
