// Package hub has the junctions between many streams: what many connections say becomes one stream, one stream is
// given to many connections, and the ends are joined and left while all of it runs.
//
// # Words
//
// A hub is a junction that lives on while streams join and leave it: a [Topic], a [Merge] or a [Partition]. It has no
// goroutine of its own, needs no Close to be collected as garbage, and can be used from any goroutine.
//
// A publisher hands a value to a hub: by Publish, or as a run of its Sink. A stream that is published may end or
// fail; the hub goes on.
//
// A topic gives each value to all its subscribers. A subscriber is one run of what Subscribe returned, from the start
// of the run to its end; the consumer of a merge or a partition is one run of its Source.
//
// The log is the newest values of a topic. A position is a value's place in it: the epoch, which is the topic's own,
// and the offset.
//
// A policy says what happens when a subscriber does not keep up with what is published: [Disconnect], [Backpressure],
// [DropOldest], [DropNewest] or [Conflate]. Except with Backpressure a slow subscriber harms nobody else, and it
// always learns what it has missed: [Item].
//
// [Topics] are topics by name, such as the rooms of a chat. [Presence] knows who is in them. A [Broker] is what
// Topics are to code that does not care whether the topic is in this process.
//
// # One stream to many
//
// A subscriber that comes back gives the last position that it has seen, and gets what came after it, as far as the
// log goes:
//
//	prices := hub.NewTopic(hub.Settings[Price]{Key: func(p Price) any { return p.Symbol }})
//	position, err := prices.Publish(ctx, price)
//
//	all := prices.Subscribe(hub.Options{After: seen})
//	newest := prices.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All})
//
// A topic keeps its values and gives each of them to many, so they are not changed once they are published, and a
// streamed message, which has one reader, is refused: [ErrStreamed].
//
// # A chat
//
// A room's handler publishes what its connection says, and sends what the room says, which is what [Topics.Flow] does:
//
//	rooms := hub.NewTopics[string, message.Message](hub.TopicsSettings[message.Message]{})
//
//	func handler(room string) upgrade.Handler {
//		talk := rooms.Flow(room, hub.Options{})
//		return func(in flow.Source[message.Message]) flow.Source[message.Message] { return hub.Values(talk(in)) }
//	}
//
// A Sink and Subscribe, coupled with [flow.FromSinkAndSource], are no such pair: the sink ends with the topic, at once,
// and takes the subscription with it.
//
// Where something is to be done with all that is said before anybody gets it, a [Merge] collects it, and a flow
// stands between it and a topic.
//
// # Ending
//
// Close ends a hub in order: nothing new is taken, and what was taken is delivered before the streams complete. Fail
// is Close with an error. Drain is Close that waits for that; that of a merge lets the producers finish first. How a
// hub has ended is remembered for whoever comes later.
//
// [Presence] has no end: what [Presence.Watch] gives goes on when a topic has ended. [flow.MergeWhile] ends it with
// what a Flow gives, which ends with its connection or with the topic.
//
// # Names from clients
//
// A topic is made for each name that is used, so who may choose names may make topics. Check the names, and set a
// bound: [TopicsSettings].Max.
package hub
