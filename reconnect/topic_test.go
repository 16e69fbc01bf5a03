package reconnect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/reconnect"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

type item = hub.Item[int]

// A follower keeps what comes of a topic.
type follower struct {
	*listener
}

// follow follows a topic of numbers. Each item is told as text: "7", "7 after 3-6", "7 anew", "3-6 missing" or "here".
func follow(t testing.TB, topic reconnect.Topic[int]) follower {
	return follower{listen(t, flow.Map(topic.Source(), func(i item) message.Message { return message.Text(tell(i)) }))}
}

func tell(i item) string {
	text := fmt.Sprint(i.Value)
	if i.NoValue {
		text = "here"
	}
	if first, last := i.Missing(); i.Missed > 0 {
		text += fmt.Sprint(" after ", first, "-", last)
	}
	if i.Reset {
		text += " anew"
	}
	return text
}

// numbered returns a topic that keeps so many values.
func numbered(log int) *hub.Topic[int] { return hub.NewTopic(hub.Settings[int]{Log: log}) }

// publish publishes the numbers from one to another.
func publish(t testing.TB, topic *hub.Topic[int], from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		_, err := topic.Publish(context.Background(), n)
		require.NoError(t, err)
	}
	synctest.Wait()
}

func feed(topic *hub.Topic[int]) http.Handler {
	var ws upgrade.Upgrader
	return ws.HandlerFunc(reconnect.Feed(topic, hub.Options{}))
}

func TestWhatWasMissedArrivesOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := numbered(100)
		a := newAddress(t, feed(topic))
		client := a.client()
		f := follow(t, reconnect.Topic[int]{Client: &client})
		synctest.Wait()
		a.cut() // before there is any value
		synctest.Wait()
		publish(t, topic, 1, 3)
		time.Sleep(time.Second)
		publish(t, topic, 4, 5)
		a.cut()
		synctest.Wait()
		publish(t, topic, 6, 20)
		time.Sleep(time.Second)
		publish(t, topic, 21, 22)
		f.leave()
		require.Equal(t, append([]string{"here"}, numbers(1, 22)...), f.heard())
	})
}

func TestGapSaysExactlyWhatCannotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := numbered(3)
		a := newAddress(t, feed(topic))
		client := a.client()
		f := follow(t, reconnect.Topic[int]{Client: &client})
		synctest.Wait()
		publish(t, topic, 1, 2)
		a.cut()
		synctest.Wait()
		publish(t, topic, 3, 10)
		time.Sleep(time.Second)
		synctest.Wait()
		f.leave()
		require.Equal(t, []string{"here", "1", "2", "8 after 3-7", "9", "10"}, f.heard())
	})
}

func TestRestartOfTheServerThatForgetsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after, empty := numbered(100), numbered(100), numbered(100)
		a := newAddress(t, feed(before))
		client := a.client()
		f := follow(t, reconnect.Topic[int]{Client: &client})
		synctest.Wait()
		publish(t, before, 1, 2)
		publish(t, after, 7, 8)
		a.becomes(wstest.NewServer(t, feed(after))).cut()
		time.Sleep(time.Second)
		publish(t, after, 9, 9)
		a.becomes(wstest.NewServer(t, feed(empty))).cut()
		time.Sleep(time.Second)
		synctest.Wait()
		a.cut()
		time.Sleep(time.Second)
		publish(t, empty, 20, 20)
		f.leave()
		require.Equal(t, []string{"here", "1", "2", "7 anew", "8", "9", "here anew", "20"}, f.heard())
	})
}

func TestRunBeginsAfterAPositionThatWasKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := numbered(100)
		publish(t, topic, 1, 5)
		client := newAddress(t, feed(topic)).client()
		client.URL = "ws://server/feed?room=blue"
		f := follow(t, reconnect.Topic[int]{Client: &client, After: hub.Position{Epoch: topic.Position().Epoch, Offset: 3}})
		synctest.Wait()
		f.leave()
		require.Equal(t, []string{"4", "5"}, f.heard())
	})
}

// A server that does not do as it should: it begins anew, sends twice, leaves out, and does not say so.
func TestClientSeesForItselfWhatIsMissingAndWhatIsNot(t *testing.T) {
	const one, two = 1, 2
	v := func(epoch, offset uint64) item {
		return item{Position: hub.Position{Epoch: epoch, Offset: offset}, Value: int(offset)}
	}
	gap := func(epoch, offset, missed uint64) item {
		return item{Position: hub.Position{Epoch: epoch, Offset: offset}, Missed: missed, NoValue: true}
	}
	missed := func(i item, n uint64) item { i.Missed = n; return i }
	for name, test := range map[string]struct {
		items []item
		want  []string
	}{
		"twice":                         {[]item{v(one, 5), v(one, 6), v(one, 5), v(one, 6), v(one, 7)}, []string{"5", "6", "7"}},
		"left out":                      {[]item{v(one, 5), v(one, 9)}, []string{"5", "9 after 6-8"}},
		"left out, and not told of all": {[]item{v(one, 5), missed(v(one, 9), 1)}, []string{"5", "9 after 6-8"}},
		"told more than is so":          {[]item{v(one, 5), missed(v(one, 9), 8)}, []string{"5", "9 after 6-8"}},
		"a gap that is known":           {[]item{v(one, 5), gap(one, 5, 3)}, []string{"5"}},
		"a gap of which some is known":  {[]item{v(one, 5), gap(one, 7, 4)}, []string{"5", "here after 6-7"}},
		"another epoch":                 {[]item{v(one, 5), missed(v(two, 6), 3), v(two, 7)}, []string{"5", "6 anew", "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ws upgrade.Upgrader
				serve := func(messages) messages { return then(message.EncodeJSON(flow.Of(test.items...))) }
				client := newAddress(t, ws.Handler(serve)).client()
				f := follow(t, reconnect.Topic[int]{Client: &client})
				synctest.Wait()
				f.leave()
				require.Equal(t, test.want, f.heard())
			})
		})
	}
}

func TestMessageThatIsNoItemEndsTheRun(t *testing.T) {
	for name, test := range map[string]struct {
		m    message.Message
		code upgrade.CloseCode
	}{
		"not JSON":      {message.Text("oops"), 1007},
		"no position":   {message.Text(`{"value":1}`), 1007},
		"another value": {message.Text(`{"at":"1-1","value":"x"}`), 1007},
		"binary":        {message.Binary([]byte("x")), 1003},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan error, 1)
				a := newAddress(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var ws upgrade.Upgrader
					ended <- ws.Serve(w, r, func(messages) messages { return then(flow.Of(test.m)) })
				}))
				client := a.client()
				err := follow(t, reconnect.Topic[int]{Client: &client}).end()
				var closed *upgrade.CloseError
				require.ErrorAs(t, err, &closed)
				require.Equal(t, test.code, closed.Code)
				require.ErrorAs(t, <-ended, &closed)
				require.Equal(t, test.code, closed.Code)
				require.Equal(t, 1, a.attempts())
			})
		})
	}
}

// A room: what is said is heard, and other messages are between.
func TestTopicIsFollowedAmongOtherMessagesAndSpokenTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		room := numbered(100)
		var ws upgrade.Upgrader
		a := newAddress(t, ws.Handler(func(in messages) messages {
			return flow.FlatMapPrefix(in, 1, func(_ context.Context, hello []message.Message) (handler, error) {
				after, err := hub.ParsePosition(hello[0].Text())
				return func(in messages) messages {
					said := flow.Map(in, func(m message.Message) int { return m.Len() })
					heard := message.EncodeJSON(room.Flow(hub.Options{After: after, Replay: hub.All})(said))
					return flow.Concat(texts("welcome"), heard)
				}, err
			})
		}))
		client := a.client()
		var hello []string
		topic := reconnect.Topic[int]{
			Client: &client,
			Ask:    func(after hub.Position) message.Message { return message.Text(after.String()) },
			Decode: func(m message.Message) (i item, err error) {
				if m.Text() == "welcome" {
					hello = append(hello, m.Text())
					return i, flow.ErrSkip
				}
				return i, i.UnmarshalJSON(m.Bytes())
			},
		}
		in := flow.NewQueue[message.Message](10)
		items := flow.Map(topic.Flow()(in.Source()), func(i item) message.Message { return message.Text(tell(i)) })
		l := listen(t, items)
		in.Offer(message.Text("x"))
		synctest.Wait()
		in.Offer(message.Text("xx"))
		synctest.Wait()
		a.cut()
		synctest.Wait()
		publish(t, room, 3, 3)
		time.Sleep(time.Second)
		in.Offer(message.Text("xxxx"))
		synctest.Wait()
		l.leave()
		require.Equal(t, numbers(1, 4), l.heard())
		require.Equal(t, []string{"welcome", "welcome"}, hello)
	})
}

func TestHooksOfTheClientGoWithTheTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := numbered(100)
		publish(t, topic, 1, 2)
		seen := topic.Position()
		asked := make(chan string, 9)
		h := feed(topic)
		a := newAddress(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.RequestURI
			h.ServeHTTP(w, r)
		}))
		client := a.client()
		client.Target = func(_ context.Context, at reconnect.Attempt) (string, http.Header, error) {
			if at.Number == 1 {
				return "", nil, errTest
			}
			return fmt.Sprint("ws://server/?token=", at.Number), nil, nil
		}
		f := follow(t, reconnect.Topic[int]{Client: &client, After: seen})
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "/?after="+seen.String()+"&token=2", <-asked)
		f.leave()

		first := make(chan message.Message, 2)
		var ws upgrade.Upgrader
		client = newAddress(t, ws.Handler(func(in messages) messages {
			return then(flow.FilterMap(in, func(m message.Message) (message.Message, bool) { first <- m; return m, false }))
		})).client()
		client.Hello = func(_ context.Context, at reconnect.Attempt) ([]message.Message, error) {
			if at.Number == 1 {
				return nil, errTest
			}
			return []message.Message{message.Text("hello")}, nil
		}
		f = follow(t, reconnect.Topic[int]{
			Client: &client, After: seen, Ask: func(p hub.Position) message.Message { return message.Text(p.String()) },
		})
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "hello", (<-first).Text())
		require.Equal(t, seen.String(), (<-first).Text())
		f.leave()
	})
}

func TestFeedRefusesWhatIsNoPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newAddress(t, feed(numbered(1))).client()
		client.URL = "ws://server/?after=x"
		var refused *upgrade.RefusedError
		require.ErrorAs(t, follow(t, reconnect.Topic[int]{Client: &client}).end(), &refused)
		require.Equal(t, http.StatusBadRequest, refused.Status)
	})
	require.Panics(t, func() { reconnect.Feed(numbered(1), hub.Options{Buffer: 7}) })
}

func TestEndOfTheTopicReachesItsFollowers(t *testing.T) {
	for name, test := range map[string]struct {
		end error
		err bool
	}{"closed": {nil, false}, "failed with a code of its own": {&upgrade.CloseError{Code: 4004}, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				topic := numbered(10)
				client := newAddress(t, feed(topic)).client()
				f := follow(t, reconnect.Topic[int]{Client: &client})
				synctest.Wait()
				publish(t, topic, 1, 2)
				topic.Fail(test.end)
				err := f.end()
				require.Equal(t, test.err, errors.As(err, new(*reconnect.Error)))
				require.Equal(t, []string{"here", "1", "2"}, f.heard())
			})
		})
	}
}
