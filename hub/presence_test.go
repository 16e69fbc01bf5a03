package hub_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/flowtest"
	"github.com/wsflow/wsflow/hub"
)

type change = hub.Change[string, int]

func TestWatchKeepsTheLaws(t *testing.T) {
	sourceKeepsTheLaws(t, func() flow.Source[change] {
		p := hub.NewPresence[int, string, int]()
		p.Join(1, "ada", 7)
		return p.Watch(1)
	}, []change{{Kind: hub.Joined, ID: "ada", Meta: 7, Before: true}}, flowtest.Endless())
}

func TestMemberWithTwoConnectionsIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPresence[string, string, int]()
		w := run(t, p.Watch("go"))
		first := p.Join("go", "ada", 1)
		synctest.Wait()
		second := p.Join("go", "ada", 2)
		p.Join("rust", "bob", 3)
		require.Equal(t, map[string]int{"ada": 1}, maps.Collect(p.Members("go")))
		first()
		first() // has no effect
		require.True(t, p.Update("go", "ada", 4))
		require.Equal(t, []change{{Kind: hub.Joined, ID: "ada", Meta: 1}, {Kind: hub.Updated, ID: "ada", Meta: 4}}, w.values())
		second()
		require.Equal(t, change{Kind: hub.Left, ID: "ada"}, w.values()[2])
		require.Zero(t, p.Len("go"))
		require.Equal(t, 1, p.Len("rust"))
		require.False(t, p.Update("go", "ada", 5))
	})
}

func TestWatchTellsWhoWasThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPresence[string, string, int]()
		p.Join("go", "ada", 1)
		leave := p.Join("go", "bob", 2)
		p.Update("go", "ada", 3)
		bob := change{Kind: hub.Joined, ID: "bob", Meta: 2, Before: true}
		w := run(t, p.Watch("go"))
		for w.got[0].ID != "ada" { // in no order: let ada be the one that is told
			w.cancel(errTest)
			w = run(t, p.Watch("go"))
		}
		p.Update("go", "bob", 4) // before it is told
		bob.Meta = 4
		p.Join("go", "cy", 5)
		require.Equal(t, []change{
			{Kind: hub.Joined, ID: "ada", Meta: 3, Before: true}, bob, {Kind: hub.Joined, ID: "cy", Meta: 5},
		}, w.values())
		leave()
		require.Len(t, w.values(), 4)
		p.Join("go", "bob", 6) // again
		require.Equal(t, change{Kind: hub.Joined, ID: "bob", Meta: 6}, w.values()[4])
	})
}

func TestMemberThatHasComeBackBeforeItIsToldWasNotThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := hub.NewPresence[string, string, int]()
		leaves := map[string]func(){"ada": p.Join("go", "ada", 1), "bob": p.Join("go", "bob", 1)}
		w := run(t, p.Watch("go"))
		other := map[string]string{"ada": "bob", "bob": "ada"}[w.got[0].ID]
		leaves[other]()
		p.Join("go", other, 2)
		require.Equal(t, change{Kind: hub.Joined, ID: other, Meta: 2}, w.values()[1])
	})
}

func TestPresentIsForAsLongAsTheRun(t *testing.T) {
	p := hub.NewPresence[string, string, int]()
	in := func(in ints) ints {
		return flow.Map(hub.Present(in, p, "go", "ada", 1), func(v int) int {
			require.Equal(t, 1, p.Len("go"))
			return v
		})
	}
	require.NoError(t, flowtest.TestFlow(in, []int{1, 2, 3}, []int{1, 2, 3}))
	require.NoError(t, flowtest.TestPanic(func(in ints) ints {
		return hub.Present(flow.Map(in, func(int) int { panic("oops") }), p, "go", "ada", 1)
	}, []int{1}))
	require.Zero(t, p.Len("go"))
	require.Panics(t, func() {
		_, _ = flow.Collect(t.Context(), hub.Present(flow.NewSource("broken", func(context.Context, func(int) error, func(error)) {
			panic("oops")
		}), p, "go", "ada", 1))
	})
	require.Zero(t, p.Len("go"))
}

func TestChangeKindString(t *testing.T) {
	require.Equal(t, "Joined Updated Left ChangeKind(9)", fmt.Sprint(hub.Joined, hub.Updated, hub.Left, hub.ChangeKind(9)))
}

type ints = flow.Source[int]

// Whatever happens, and however slow a watcher is: what it was told makes sense, one step after the other, and once
// it is up to date it knows who is there.
func TestWatchersKnowWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(inBubble{t}, func(t *rapid.T) {
			p := hub.NewPresence[string, string, int]()
			ids := []string{"ada", "bob", "cy", "dee"}
			var leaves []func()
			var watchers []*puppet[change]
			defer func() {
				for _, w := range watchers {
					w.cancel(errTest)
				}
				synctest.Wait()
			}()
			t.Repeat(map[string]func(*rapid.T){
				"join": func(t *rapid.T) {
					leaves = append(leaves, p.Join("go", rapid.SampledFrom(ids).Draw(t, "id"), rapid.Int().Draw(t, "meta")))
				},
				"leave": func(t *rapid.T) {
					if len(leaves) == 0 {
						t.Skip()
					}
					rapid.SampledFrom(leaves).Draw(t, "connection")()
				},
				"come and go": func(t *rapid.T) {
					for range rapid.IntRange(1, 100).Draw(t, "times") {
						p.Join("go", "eve", 1)()
					}
				},
				"update": func(t *rapid.T) {
					p.Update("go", rapid.SampledFrom(ids).Draw(t, "id"), rapid.Int().Draw(t, "meta"))
				},
				"watch": func(*rapid.T) { watchers = append(watchers, start(p.Watch("go"))) },
				"take": func(t *rapid.T) {
					i := rapid.IntRange(0, 20).Draw(t, "watcher")
					if i >= len(watchers) || !watchers[i].busy {
						t.Skip()
					}
					watchers[i].release()
				},
				"": func(*rapid.T) { synctest.Wait() },
			})
			for _, w := range watchers {
				knows := map[string]int{}
				for _, c := range w.values() {
					if _, known := knows[c.ID]; known == (c.Kind == hub.Joined) {
						t.Fatalf("%v in %v", c, w.got)
					}
					knows[c.ID] = c.Meta
					if c.Kind == hub.Left {
						delete(knows, c.ID)
					}
				}
				if now := maps.Collect(p.Members("go")); !maps.Equal(now, knows) {
					t.Fatalf("knows %v, there are %v", knows, now)
				}
			}
		})
	})
}

func TestPresentIsAStageOfTheGraph(t *testing.T) {
	present := hub.Present(flow.Of(1), hub.NewPresence[string, string, int](), "room", "Ada", 0)
	require.Equal(t, "Present\n  Of\n", flow.Describe(present).String())
}
