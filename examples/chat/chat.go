package main

import (
	"context"
	"net/http"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A chat has a topic for each room, which is the log of what was said there, and knows who is in it.
type chat struct {
	rooms   *hub.Topics[string, line]
	members *hub.Presence[string, string, struct{}]
}

func newChat() *chat {
	log := hub.TopicsSettings[line]{Topic: hub.Settings[line]{Log: kept}, Keep: keepFor, Max: maxRooms}
	return &chat{rooms: hub.NewTopics[string](log), members: hub.NewPresence[string, string, struct{}]()}
}

// enter checks who comes where, and since when they were away: /rooms/lobby?name=Ada&after=POSITION.
func (c *chat) enter(q *upgrade.Request) (upgrade.Handler, error) {
	room, name := q.PathValue("room"), q.FormValue("name")
	if !names.MatchString(room) || !names.MatchString(name) {
		return nil, upgrade.Reject(http.StatusBadRequest, "names have up to 32 letters, digits, spaces and . _ - between them")
	}
	after, err := hub.ParsePosition(q.FormValue("after"))
	if err != nil {
		return nil, upgrade.Reject(http.StatusBadRequest, "after is no position")
	}
	return message.JSON(c.member(room, name, after)), nil
}

// member is the handler of one client: what it says goes to the room, and it hears what is said there, and who comes
// and goes.
func (c *chat) member(room, name string, after hub.Position) flow.Flow[said, event] {
	return func(in flow.Source[said]) flow.Source[event] {
		lines := flow.TryMap(flow.EnforceRate(in, speed, tooFast), func(_ context.Context, s said) (line, error) {
			text, err := check(s.Text)
			return line{name, text}, err
		})
		events := flow.MergeWhile(c.talk(room, after, lines), c.who(room)) // who is there has no end of its own
		return hub.Present(events, c.members, room, name, struct{}{})
	}
}

// talk is what is said in a room, with lines: to who comes back, from where they were. A client that lags behind by more
// than a little is disconnected with 1013, and harms nobody.
func (c *chat) talk(room string, after hub.Position, lines flow.Source[line]) flow.Source[event] {
	heard := c.rooms.Flow(room, hub.Options{After: after, Replay: history, Buffer: behind})(lines)
	return flow.MapConcat(flow.MapError(heard, tooMany), func(item hub.Item[line]) []event {
		missed := event{Kind: "missed", Count: item.Missed}
		said := event{Kind: "say", From: item.Value.from, Text: item.Value.text, Position: item.Position}
		switch {
		case item.NoValue:
			missed.Position = item.Position
			return []event{missed}
		case item.Missed > 0 || item.Reset:
			return []event{missed, said}
		}
		return []event{said}
	})
}

// who is who is there, and who comes and goes.
func (c *chat) who(room string) flow.Source[event] {
	type change = hub.Change[string, struct{}]
	return flow.FilterMap(c.members.Watch(room), func(m change) (event, bool) {
		switch {
		case m.Kind == hub.Left:
			return event{Kind: "left", From: m.ID}, true
		case m.Kind == hub.Joined && m.Before:
			return event{Kind: "present", From: m.ID}, true
		case m.Kind == hub.Joined:
			return event{Kind: "joined", From: m.ID}, true
		}
		return event{}, false // away for a moment
	})
}

// drain closes the rooms: what was said is delivered, then all are told that the server goes away.
func (c *chat) drain(ctx context.Context) error {
	c.rooms.Fail(&upgrade.CloseError{Code: protocol.CloseGoingAway, Reason: "server shuts down"})
	return c.rooms.Drain(ctx)
}
