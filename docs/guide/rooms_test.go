package guide_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// What is said is given to all who are there, also to who has said it.
func room(topics *hub.Topics[string, message.Message], name string) upgrade.Handler {
	talk := topics.Flow(name, hub.Options{})
	return func(in flow.Source[message.Message]) flow.Source[message.Message] { return hub.Values(talk(in)) }
}

func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topics := hub.NewTopics[string, message.Message](hub.TopicsSettings[message.Message]{})
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(room(topics, "blue")))
		ada, bob := server.Probe("/"), server.Probe("/")
		synctest.Wait() // both have subscribed
		ada.SendText("hello")
		ada.ExpectText("hello")
		bob.ExpectText("hello")
	})
}

type line struct {
	From string `json:"from,omitempty"`
	Text string `json:"text"`
}

// An event is what a member gets: a line, what it has missed, or who comes and goes.
type event struct {
	At     hub.Position `json:"at,omitzero"` // the client keeps the last one
	Line   *line        `json:"line,omitempty"`
	Missed uint64       `json:"missed,omitempty"`
	Reset  bool         `json:"reset,omitempty"`
	Member string       `json:"member,omitempty"`
	Is     string       `json:"is,omitempty"` // There, Joined or Left
}

type chat struct {
	rooms   *hub.Topics[string, line]
	members *hub.Presence[string, string, struct{}]
}

func newChat() *chat {
	return &chat{
		rooms:   hub.NewTopics[string, line](hub.TopicsSettings[line]{Keep: 10 * time.Minute, Max: 1000}),
		members: hub.NewPresence[string, string, struct{}](),
	}
}

// enter makes the handler of one connection, such as /rooms/blue?name=Ada&after=5f3a9c01d2e4b687-42.
func (c *chat) enter(q *upgrade.Request) (upgrade.Handler, error) {
	name := q.FormValue("name") // where it matters: who the request's cookie or token says it is
	after, err := hub.ParsePosition(q.FormValue("after"))
	if err != nil || name == "" {
		return nil, upgrade.Reject(http.StatusBadRequest, "who are you, and what have you seen?")
	}
	return c.member(q.PathValue("room"), name, after), nil
}

func (c *chat) member(room, name string, after hub.Position) upgrade.Handler {
	return message.JSON(func(in flow.Source[line]) flow.Source[event] {
		said := flow.Map(in, func(l line) line { return line{From: name, Text: l.Text} })
		heard := flow.Map(c.rooms.Flow(room, hub.Options{After: after, Replay: 20})(said), lineEvent)
		around := flow.Map(c.members.Watch(room), memberEvent)
		return hub.Present(flow.MergeWhile(heard, around), c.members, room, name, struct{}{})
	})
}

func lineEvent(item hub.Item[line]) event {
	e := event{At: item.Position, Missed: item.Missed, Reset: item.Reset}
	if !item.NoValue {
		e.Line = &item.Value
	}
	return e
}

func memberEvent(change hub.Change[string, struct{}]) event {
	if change.Before {
		return event{Member: change.ID, Is: "There"}
	}
	return event{Member: change.ID, Is: change.Kind.String()}
}

func (c *chat) routes(ws *upgrade.Upgrader) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /rooms/{room}", ws.HandlerFunc(c.enter))
	return mux
}

func TestChatWithResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat()
		server := wstest.NewServer(t, c.routes(new(upgrade.Upgrader)))
		ada := server.Probe("/rooms/blue?name=Ada")
		ada.ExpectText(`{"member":"Ada","is":"There"}`)
		bob := server.Probe("/rooms/blue?name=Bob")
		ada.ExpectText(`{"member":"Bob","is":"Joined"}`)
		bob.ExpectMessage()
		bob.ExpectMessage()

		ada.SendText(`{"text":"one"}`)
		at := ada.ExpectMessage().Text()
		require.Regexp(t, `^{"at":"[0-9a-f]+-1","line":{"from":"Ada","text":"one"}}$`, at)
		require.Equal(t, at, bob.ExpectMessage().Text())

		// Bob loses his connection, and comes back with what he has seen.
		bob.SendCompletion()
		bob.ExpectCompletion()
		ada.ExpectText(`{"member":"Bob","is":"Left"}`)
		ada.SendText(`{"text":"two"}`)
		ada.ExpectMessage()
		ada.SendText(`{"text":"three"}`)
		ada.ExpectMessage()
		seen := at[len(`{"at":"`) : len(at)-len(`","line":{"from":"Ada","text":"one"}}`)]
		bob = server.Probe("/rooms/blue?name=Bob&after=" + seen)
		got := bob.ExpectMessage().Text() + bob.ExpectMessage().Text() + bob.ExpectMessage().Text() + bob.ExpectMessage().Text()
		require.Contains(t, got, "two")
		require.Contains(t, got, "three")
		require.NotContains(t, got, "one")
		require.NotContains(t, got, "missed")
		ada.ExpectText(`{"member":"Bob","is":"Joined"}`)

		// A position of another time is told.
		eve := server.Probe("/rooms/blue?name=Eve&after=1-1")
		got = ""
		for range 6 { // three members and three lines
			got += eve.ExpectMessage().Text()
		}
		require.Contains(t, got, `"reset":true`)
		require.Contains(t, got, "one")
	})
}

func TestChatThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat()
		ada := wstest.NewServer(t, c.routes(new(upgrade.Upgrader))).Probe("/rooms/blue?name=Ada")
		ada.ExpectText(`{"member":"Ada","is":"There"}`)
		synctest.Wait()
		_, err := c.rooms.Publish(t.Context(), "blue", line{Text: "good-bye"})
		require.NoError(t, err)
		require.NoError(t, c.shutdown(t.Context()))
		require.Contains(t, ada.ExpectMessage().Text(), `"line":{"text":"good-bye"}`)
		require.Equal(t, "restart", ada.ExpectClose(1012).Reason)
	})
}

// shutdown ends the rooms first, so that everybody gets what has been said, and then a code that says: come back.
func (c *chat) shutdown(ctx context.Context) error {
	c.rooms.Fail(&upgrade.CloseError{Code: 1012, Reason: "restart"})
	return c.rooms.Drain(ctx)
}

// A dashboard gives each viewer the newest reading of each sensor, as fast as the viewer takes them.
type reading struct {
	Sensor string  `json:"sensor"`
	Value  float64 `json:"value"`
}

type dashboard struct{ readings *hub.Topic[reading] }

func newDashboard() *dashboard {
	return &dashboard{hub.NewTopic(hub.Settings[reading]{Key: func(r reading) any { return r.Sensor }})}
}

// collect publishes readings, until their stream ends or ctx is done.
func (d *dashboard) collect(ctx context.Context, from flow.Source[reading]) error {
	_, err := d.readings.Sink().Run(ctx, from)
	return err
}

func (d *dashboard) viewer() upgrade.Handler {
	return message.JSON(func(in flow.Source[struct{}]) flow.Source[reading] {
		latest := d.readings.Subscribe(hub.Options{Policy: hub.Conflate, Replay: hub.All})
		return flow.FromSinkAndSource(flow.Ignore[struct{}](), hub.Values(latest))(in)
	})
}

func TestDashboardConflatesForASlowViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDashboard()
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(d.viewer()), wstest.Wire{Buffer: 1}) // nothing hides in the network
		slow := wstest.NewWSProbe(t)
		slow.Buffer = -1 // it takes a message only when that is expected
		conn, _, err := server.Dialer().Dial(t.Context(), server.URL("/"))
		require.NoError(t, err)
		go func() { _ = conn.Run(t.Context(), slow.Flow()) }()
		synctest.Wait()
		require.NoError(t, d.collect(t.Context(), flow.FromSeq(func(yield func(reading) bool) {
			for n := range 100_000 {
				if !yield(reading{[]string{"a", "b"}[n%2], float64(n)}) {
					return
				}
			}
		})))
		n := 0
		for last := ""; last != `{"sensor":"b","value":99999}`; n++ {
			last = slow.ExpectMessage().Text()
		}
		t.Log(n)
		require.Less(t, n, 5000)
	})
}

// moderated has one loop between what is said and what is heard: it may look at all lines, and keep state.
type moderated struct {
	said  *hub.Merge[line]
	heard *hub.Topic[line]
}

func newModerated() *moderated {
	return &moderated{hub.NewMerge[line](0), hub.NewTopic(hub.Settings[line]{})}
}

func (m *moderated) run(ctx context.Context) error {
	fair := flow.Throttle(m.said.Source(), flow.Rate{N: 10, Per: time.Second}) // of all, and each in turn
	_, err := m.heard.Sink().Run(ctx, flow.DropRepeated(fair))
	return err
}

func (m *moderated) member() upgrade.Handler {
	say := flow.ForEach(func(ctx context.Context, l line) error {
		if err := m.said.Publish(ctx, l); !errors.Is(err, hub.ErrClosed) {
			return err
		}
		return nil // the end has begun, and what was said before is still being heard
	})
	return message.JSON(flow.FromSinkAndSource(say, hub.Values(m.heard.Subscribe(hub.Options{}))))
}

// shutdown lets all that was said be heard.
func (m *moderated) shutdown(ctx context.Context) error {
	if err := m.said.Drain(ctx); err != nil {
		return err
	}
	return m.heard.Drain(ctx)
}

func TestModeratedRoomIsHeardToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ran := newModerated(), make(chan error, 1)
		probe := wstest.NewWSProbe(t)
		wstest.WS("/", probe.Flow()).Run(new(upgrade.Upgrader).Handler(m.member()))
		go func() { ran <- m.run(context.Background()) }()
		for i := range 20 {
			probe.SendJSON(line{"ada", strconv.Itoa(i)})
		}
		synctest.Wait()
		down := make(chan error, 1)
		go func() { down <- m.shutdown(context.Background()) }()
		for i := range 20 {
			probe.ExpectJSON(line{"ada", strconv.Itoa(i)})
		}
		probe.ExpectCompletion()
		require.NoError(t, <-down)
		require.NoError(t, <-ran)
	})
}

func TestModeratedRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModerated()
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- m.run(ctx) }()
		var ws upgrade.Upgrader
		server := wstest.NewServer(t, ws.Handler(m.member()))
		ada, bob := server.Probe("/"), server.Probe("/")
		synctest.Wait()
		ada.SendText(`{"text":"a"}`)
		bob.ExpectText(`{"text":"a"}`)
		bob.SendText(`{"text":"a"}`)
		bob.SendText(`{"text":"b"}`)
		ada.ExpectText(`{"text":"a"}`)
		ada.ExpectText(`{"text":"b"}`)
		over := errors.New("over")
		cancel(over)
		require.Equal(t, over, <-done)
	})
}

func Example_partition() {
	ctx := context.Background()
	jobs := hub.NewPartition(hub.ByKey(func(o order) string { return o.Account }), 0)
	balance := make(map[string]int)
	var mu sync.Mutex
	for range 4 { // workers, which may come and go
		go func() {
			for o := range jobs.Source().All(ctx) {
				mu.Lock()
				balance[o.Account] += o.Cents
				mu.Unlock()
			}
		}()
	}
	for range 100 {
		_ = jobs.Publish(ctx, order{"ada", 1})
	}
	_ = jobs.Drain(ctx) // when it returns, the workers are done
	fmt.Println(balance["ada"])
	// Output: 100
}

// echoRoom works with one process and with a cluster.
func echoRoom(broker hub.Broker[string, string], name string) flow.Flow[string, string] {
	return flow.FromSinkAndSource(hub.PublishTo(broker, name), hub.Values(broker.Subscribe(name, hub.Options{})))
}

func TestBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topics := hub.NewTopics[string, string](hub.TopicsSettings[string]{})
		in := flow.Concat(flow.InitialDelay(flow.Of("a"), time.Second), flow.Never[string]())
		out, err := flow.Collect(t.Context(), flow.Take(echoRoom(topics, "x")(in), 1))
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, out)
	})
}
