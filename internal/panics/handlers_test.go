package panics

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/hub"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
)

// A word is a value whose methods are a user's.
type word struct{ f *fuse }

func (w word) MarshalJSON() ([]byte, error)  { return []byte(`"w"`), w.f.try("MarshalJSON") }
func (w *word) UnmarshalJSON(b []byte) error { return theFuse.Load().try("UnmarshalJSON") }

// theFuse is for functions that get no value of ours.
var theFuse atomic.Pointer[fuse]

// handlers are those with functions of a user's that are in no operator. A panic may come at each of their places.
var handlers = map[string]struct {
	places []string
	h      func(*fuse) handler
}{
	"a handler that is being built": {[]string{"build"}, func(f *fuse) handler {
		return func(in source) source {
			f.burn("build")
			return in
		}
	}},
	"JSON": {[]string{"MarshalJSON", "UnmarshalJSON"}, func(f *fuse) handler {
		theFuse.Store(f)
		return message.JSON(func(in flow.Source[word]) flow.Source[word] {
			return flow.Map(in, func(word) word { return word{f} })
		})
	}},
	"the policy of a codec": {[]string{"Invalid"}, func(f *fuse) handler {
		return message.JSON(func(in flow.Source[string]) flow.Source[string] { return in }, message.Codec{
			Invalid: func(context.Context, msg, error) error { return f.try("Invalid") },
		})
	}},
	"chunks of a reply": {[]string{"chunks"}, func(f *fuse) handler {
		return func(in source) source {
			return flow.Map(in, func(msg) msg {
				return message.TextStream(flow.Map(f.source("chunks", 3), func(m msg) string { return m.Text() }))
			})
		}
	}},
	"chunks behind a goroutine": {[]string{"chunks"}, func(f *fuse) handler {
		return func(in source) source {
			return flow.MapAsync(in, 2, func(context.Context, msg) (msg, error) {
				return message.TextStream(flow.Async(flow.Map(f.source("chunks", 3), func(m msg) string { return m.Text() }))), nil
			})
		}
	}},
	"chunks that are sent": {[]string{"chunks"}, func(f *fuse) handler {
		return func(in source) source {
			return flow.TryMap(in, func(ctx context.Context, m msg) (msg, error) {
				chunks := flow.Map(f.source("chunks", 3), func(m msg) string { return m.Text() })
				return m, upgrade.FromContext(ctx).Send(ctx, message.TextStream(chunks))
			})
		}
	}},
	"an operator of a user's": {[]string{"wrap", "emit", "end"}, func(f *fuse) handler {
		return func(in source) source {
			return flow.Operator("own", in, func(_ context.Context, emit func(msg) error, end func(error)) (func(msg) error, func(error)) {
				f.burn("wrap")
				return func(m msg) error {
						if err := f.try("emit"); err != nil {
							return err
						}
						return emit(m)
					}, func(err error) {
						f.burn("end")
						end(err)
					}
			})
		}
	}},
	"a source of a user's": {[]string{"start", "guarded"}, func(f *fuse) handler {
		return func(in source) source {
			return flow.Concat(in, flow.NewSource("own", func(_ context.Context, _ func(msg) error, end func(error)) {
				f.burn("start")
				flow.Guard(end, func() error { return f.try("guarded") })
			}))
		}
	}},
	"a sink of a user's": {[]string{"sink"}, func(f *fuse) handler {
		return flow.FromSinkAndSource(flow.NewSink("own", func(ctx context.Context, in source) (int, error) {
			_, err := flow.Ignore[msg]().Run(ctx, in)
			f.burn("sink")
			return 0, err
		}), flow.Never[msg]())
	}},
	"Retry": {[]string{"f", "Rand"}, func(f *fuse) handler {
		return func(in source) source {
			tries := 0
			return flow.TryMap(in, flow.Retry(flow.RestartSettings{
				MinBackoff: ms, Rand: func() float64 { f.burn("Rand"); return 0 },
			}, func(_ context.Context, m msg) (msg, error) {
				f.burn("f")
				if tries++; tries == 1 {
					return m, errBroken
				}
				return m, nil
			}))
		}
	}},
	"a subscriber of a hub": {[]string{"f"}, func(f *fuse) handler {
		topic := hub.NewTopic(hub.Settings[msg]{})
		return func(in source) source {
			return flow.Map(topic.Flow(hub.Options{})(in), func(item hub.Item[msg]) msg {
				f.burn("f")
				return item.Value
			})
		}
	}},
	"a key of a hub": {[]string{"Key"}, func(f *fuse) handler {
		topic := hub.NewTopic(hub.Settings[msg]{Key: func(msg) any { f.burn("Key"); return 1 }})
		return func(in source) source {
			return flow.Map(topic.Flow(hub.Options{Policy: hub.Conflate})(in), func(item hub.Item[msg]) msg { return item.Value })
		}
	}},
	"a router of a hub": {[]string{"route"}, func(f *fuse) handler {
		return func(in source) source {
			p := hub.NewPartition(func(msg, hub.Consumers[msg]) int { f.burn("route"); return 0 }, 1)
			return flow.FromSinkAndSource(flow.ForEach(func(ctx context.Context, m msg) error {
				return p.Publish(ctx, m)
			}), p.Source())(in)
		}
	}},
}

func TestAnyPanicOutsideOfOperatorsEndsItsConnectionAloneToo(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(handlers)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				for _, statistics := range []bool{false, true} {
					s.upgrader(upgrade.Settings{Statistics: statistics})
					for _, place := range handlers[name].places {
						for _, how := range []blast{byPanic, byError, byNil, byGoexit} {
							s.blow(func(f *fuse) handler {
								h := handlers[name].h(f)
								return func(in source) source { return h(flow.Take(in, 4)) }
							}, visit{messages: 4}, newFuse(place, 1, how), protocol.CloseInternalError)
						}
					}
				}
			})
		})
	}
}

// A peer that panics in what it does with the values of a topic does not harm the others, nor the one that publishes.
func TestAPanicOfASubscriberIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic := hub.NewTopic(hub.Settings[msg]{Key: func(msg) any { return 1 }})
		s := newStage(t)
		for _, policy := range []hub.Policy{hub.Disconnect, hub.Backpressure, hub.DropOldest, hub.DropNewest, hub.Conflate} {
			other, cancel := context.WithCancel(t.Context())
			got := make(chan string, 100)
			ended := make(chan error, 1)
			go func() {
				ended <- topic.Subscribe(hub.Options{Policy: policy}).Run(other, func(item hub.Item[msg]) error {
					got <- item.Value.Text()
					return nil
				})
			}()
			synctest.Wait()
			s.own, s.fewest = goroutines(), 0
			s.blow(func(f *fuse) handler {
				return func(in source) source {
					items := topic.Flow(hub.Options{Policy: policy})(in)
					return flow.Map(items, func(item hub.Item[msg]) msg { f.burn("f"); return item.Value })
				}
			}, visit{messages: 4}, newFuse("f", 2, byPanic), protocol.CloseInternalError)
			_, err := topic.Publish(t.Context(), message.Text("after"))
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, 1, topic.Subscribers())
			require.Contains(t, drain(got), "after", policy)
			cancel()
			require.ErrorIs(t, <-ended, context.Canceled)
		}
	})
}

func drain(c chan string) (all []string) {
	for len(c) > 0 {
		all = append(all, <-c)
	}
	return all
}

// As in net/http, [http.ErrAbortHandler] ends a connection without a word in the log. The peer and the observer are told.
func TestPanicWithErrAbortHandlerIsNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		out := s.play(func(in source) source {
			return flow.Map(in, func(msg) msg { panic(http.ErrAbortHandler) })
		}, visit{messages: 1})
		require.Equal(t, protocol.CloseInternalError, out.code)
		require.Empty(t, out.records)
		require.Len(t, out.failed, 1)
		require.ErrorIs(t, out.failed[0].Panic(), http.ErrAbortHandler)
		require.Zero(t, out.left)
	})
}

// What a panic was called with can be asked for, in the observer and in the connection's end.
func TestErrorThatAPanicWasCalledWithIsFoundByErrorsIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		out := s.play(rigged(rigs["MapAsync"], newFuse("f", 1, byError)), visit{messages: 4})
		require.ErrorIs(t, out.failed[0].Err, errSecret)
		require.ErrorIs(t, out.closed[0].Cause, errSecret)
	})
}

// A panic is told once, also where the handler fails with it after a message that it has begun has.
func TestTwoPanicsOfOneConnectionAreTwoRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		f := newFuse("chunks", 2, byPanic)
		out := s.play(func(in source) source {
			replies := flow.Map(in, func(msg) msg {
				return message.TextStream(flow.Map(f.source("chunks", 3), func(m msg) string { return m.Text() }))
			})
			return flow.MapWithResource(replies, func(context.Context) (int, error) { return 0, nil },
				func(_ context.Context, _ int, m msg) (msg, error) { return m, nil },
				func(int) error { panic("and another one") })
		}, visit{messages: 1})
		require.Equal(t, protocol.CloseInternalError, out.code)
		require.Len(t, out.records, 2)
		require.Len(t, out.failed, 2)
		require.Equal(t, secret, out.records[0].Panic)
		require.Equal(t, "and another one", out.records[1].Panic)
	})
}
