package reconnect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// A Topic is a topic of package hub at a server, such as a [Feed] serves, that is followed over connections that come and go. Each
// value arrives once, and in order, or an item says what is missing: see [Topic.Source].
type Topic[T any] struct {
	// Client is how the server is reached.
	Client *Client

	// After is the last position that was seen before the run, such as one that was kept on disk. The zero Position is
	// that of who is new.
	After hub.Position

	// Param is the name of the query parameter that tells the server the position: "after" by default.
	Param string

	// Ask, if it is set, makes the message that tells the server the position, after what Hello of the Client says. There is no
	// query parameter then.
	Ask func(after hub.Position) message.Message

	// Decode makes an item of a message. With [flow.ErrSkip] the message is none, and is left out. Another error ends the run and closes
	// the connection, with its code if it is a *[protocol.CloseError]. Nil decodes the JSON of [hub.Item].
	Decode func(m message.Message) (hub.Item[T], error)
}

// Source returns the items of the topic. Each run of it is a run of the Client, and ends only as that does.
//
// Of the values after After, or after the first position that the server has told, each arrives once and in order, but
// those of which an item says that they are Missed: [hub.Item.Missing] tells exactly which. It does not matter
// whether the server says so itself, and what it sends twice is left out. An item that says Reset, which may come at any time,
// tells that the server's topic is another one than before, as after a restart: of the one before nothing comes any more
// after the position of the last item, and what comes now begins anew.
//
//	server    1-2-3-X  4-5    ?after=3  4-5-6
//	out       1-2-3---------------------4-5-6
func (t Topic[T]) Source() flow.Source[hub.Item[T]] {
	return t.Flow()(flow.Never[message.Message]())
}

// Flow is Source for a client that also sends; what it is given is sent as by [Client.Flow]. A Topic without a Client, or with one that
// cannot work, panics.
func (t Topic[T]) Flow() flow.Flow[message.Message, hub.Item[T]] {
	if t.Client == nil {
		panic("reconnect: Topic without a Client")
	}
	t.Client.resolved("Flow") // which panics now and not later
	decode := t.Decode
	if decode == nil {
		decode = decodeItem[T]
	}
	return func(in flow.Source[message.Message]) flow.Source[hub.Item[T]] {
		return flow.FromFunc(func(ctx context.Context, emit func(hub.Item[T]) error) error {
			f := &following[T]{seen: t.After}
			client := t.client(f.position)
			return client.Flow()(in).Run(ctx, func(m message.Message) error {
				item, err := decode(m)
				switch {
				case errors.Is(err, flow.ErrSkip):
					return nil
				case err != nil:
					return err
				}
				item, news := f.follow(item)
				if !news {
					return nil
				}
				return emit(item)
			})
		}).Named("Topic", flow.Describe(in))
	}
}

// client returns the Client with the position in what it says first.
func (t Topic[T]) client(position func() hub.Position) *Client {
	c := *t.Client
	if ask := t.Ask; ask != nil {
		hello := c.Hello
		c.Hello = func(ctx context.Context, a Attempt) (first []message.Message, err error) {
			if hello != nil {
				first, err = hello(ctx, a)
			}
			return append(first[:len(first):len(first)], ask(position())), err
		}
		return &c
	}
	target, plain, param := c.Target, c.URL, t.Param
	if param == "" {
		param = defaultParam
	}
	c.Target = func(ctx context.Context, a Attempt) (raw string, header http.Header, err error) {
		raw = plain
		if target != nil {
			if raw, header, err = target(ctx, a); err != nil {
				return "", nil, err
			}
		}
		return withParam(raw, param, position()), header, nil
	}
	return &c
}

const defaultParam = "after"

// withParam sets a query parameter, unless the URL cannot be read, which is for Dial to say.
func withParam(raw, name string, position hub.Position) string {
	u, err := url.Parse(raw)
	if err != nil || position.IsZero() {
		return raw
	}
	query := u.Query()
	query.Set(name, position.String())
	u.RawQuery = query.Encode()
	return u.String()
}

// decodeItem decodes JSON.
func decodeItem[T any](m message.Message) (item hub.Item[T], err error) {
	if !m.IsText() || !m.IsStrict() {
		return item, &protocol.CloseError{Code: protocol.CloseUnsupportedData, Reason: "message is no item of a topic"}
	}
	if err := item.UnmarshalJSON(m.Bytes()); err != nil {
		return item, fmt.Errorf("reconnect: %w: %w", &protocol.CloseError{
			Code: protocol.CloseInvalidPayload, Reason: "message is no item of a topic",
		}, err)
	}
	return item, nil
}
