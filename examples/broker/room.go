package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// room is the handler of one client of a subject: what the client says is published there, and the
// client hears what is published, also by itself.
func room(conn *nats.Conn, subject string) upgrade.Handler {
	say := gostreams.Sink[[]byte](func(ctx context.Context) (streams.Sink, error) {
		return publish(ctx, conn, subject), nil
	})
	hear := gostreams.Source[message.Message](func(ctx context.Context) (streams.Source, error) {
		source, err := subscribe(ctx, conn, subject)
		if err != nil {
			return nil, err
		}
		return source.Via(gsflow.NewMap(asText, 1)), nil
	})
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		texts := flow.Filter(in, message.Message.IsText)
		return flow.FromSinkAndSource(say, hear)(flow.Map(texts, message.Message.Bytes))
	}
}

// asText makes a text of what anybody may have published: one that is not UTF-8 would end the connections of all who
// are in the room.
func asText(data []byte) message.Message {
	return message.Text(strings.ToValidUTF8(string(data), "\ufffd"))
}

// The name of a room becomes part of a subject, where dots, spaces, * and > have a meaning.
var roomName = regexp.MustCompile(`^[\w-]{1,64}$`)

func chooseRoom(conn *nats.Conn) func(q *upgrade.Request) (upgrade.Handler, error) {
	return func(q *upgrade.Request) (upgrade.Handler, error) {
		name := q.PathValue("room")
		if !roomName.MatchString(name) {
			return nil, upgrade.Reject(http.StatusNotFound, "rooms have names of up to 64 letters, digits, _ and -")
		}
		return room(conn, "rooms."+name), nil
	}
}
