package panics

import (
	"context"
	"iter"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/protocol"
)

// A held is a [flow.Holder] with a fuse.
type held struct{ f *fuse }

func (h *held) Hold()    { h.f.burn("Hold") }
func (h *held) Release() { h.f.burn("Release") }

type helds = flow.Source[*held]

func (f *fuse) someHeld(n int) helds {
	return flow.Map(f.source("-", n), func(msg) *held { return &held{f} })
}

func apiece(groups flow.Source[[]*held]) helds {
	return flow.Map(groups, func(group []*held) *held { return group[0] })
}

func firstHeld(pairs flow.Source[flow.Pair[*held, *held]]) helds {
	return flow.Map(pairs, func(p flow.Pair[*held, *held]) *held { return p.First })
}

func sameHeld(_ context.Context, h *held) (*held, error) { return h, nil }

func newest(_, h *held) *held { return h }

// holding are the operators that hold values.
var holding = map[string]func(f *fuse, in helds) helds{
	"Async":             func(_ *fuse, in helds) helds { return flow.Async(in) },
	"Buffer DropOldest": func(_ *fuse, in helds) helds { return flow.Buffer(in, 1, flow.DropOldest) },
	"Buffer DropAll":    func(_ *fuse, in helds) helds { return flow.Buffer(in, 1, flow.DropAll) },
	"Buffer, large":     func(_ *fuse, in helds) helds { return flow.Buffer(in, 1<<20, flow.Backpressure) },
	"MapAsync":          func(_ *fuse, in helds) helds { return flow.MapAsync(in, 2, sameHeld) },
	"MapAsyncUnordered": func(_ *fuse, in helds) helds { return flow.MapAsyncUnordered(in, 2, sameHeld) },
	"MapAsyncPartitioned": func(_ *fuse, in helds) helds {
		return flow.MapAsyncPartitioned(in, 2, func(*held) int { return 0 }, func(_ context.Context, _ int, h *held) (*held, error) { return h, nil })
	},
	"MapAsync with ErrSkip": func(_ *fuse, in helds) helds {
		return flow.MapAsync(in, 2, func(_ context.Context, h *held) (*held, error) { return h, flow.ErrSkip })
	},
	"Delay":    func(_ *fuse, in helds) helds { return flow.Delay(in, 5*ms, 2, flow.Backpressure) },
	"Conflate": func(_ *fuse, in helds) helds { return flow.Conflate(in, newest) },
	"Batch":    func(_ *fuse, in helds) helds { return flow.Batch(in, 3, func(h *held) *held { return h }, newest) },
	"Expand": func(_ *fuse, in helds) helds {
		return flow.Expand(in, func(h *held) iter.Seq[*held] { return slices.Values([]*held{h, h}) })
	},
	"TakeLast":      func(_ *fuse, in helds) helds { return flow.TakeLast(in, 2) },
	"Grouped":       func(_ *fuse, in helds) helds { return apiece(flow.Grouped(in, 3)) },
	"Sliding":       func(_ *fuse, in helds) helds { return apiece(flow.Sliding(in, 3, 2)) },
	"GroupedWithin": func(_ *fuse, in helds) helds { return apiece(flow.GroupedWithin(in, 3, 25*ms)) },
	"Debounce":      func(_ *fuse, in helds) helds { return flow.Debounce(in, 5*ms) },
	"Scan": func(f *fuse, in helds) helds {
		return flow.Scan(in, &held{f}, func(_ context.Context, _, h *held) (*held, error) { return h, nil })
	},
	"BackpressureTimeout": func(_ *fuse, in helds) helds { return flow.BackpressureTimeout(in, 1000*ms) },
	"FlatMapMerge": func(_ *fuse, in helds) helds {
		return flow.FlatMapMerge(in, 2, func(h *held) helds { return flow.Of(h) })
	},
	"SwitchMap": func(_ *fuse, in helds) helds { return flow.SwitchMap(in, func(h *held) helds { return flow.Of(h, h) }) },
	"FlatMapPrefix": func(_ *fuse, in helds) helds {
		return flow.FlatMapPrefix(in, 2, func(context.Context, []*held) (flow.Flow[*held, *held], error) {
			return func(in helds) helds { return in }, nil
		})
	},
	"FlatMapPrefix that leaves its input": func(_ *fuse, in helds) helds {
		return flow.FlatMapPrefix(in, 2, func(context.Context, []*held) (flow.Flow[*held, *held], error) {
			return func(helds) helds { return flow.Empty[*held]() }, nil
		})
	},
	"Balance": func(_ *fuse, in helds) helds {
		same := func(in helds) helds { return in }
		return flow.Balance(in, same, same)
	},
	"WireTap":          func(_ *fuse, in helds) helds { return flow.WireTap(in, flow.Ignore[*held]()) },
	"WireTap and Head": func(_ *fuse, in helds) helds { return flow.WireTap(in, flow.Head[*held]()) },
	"MergePreferred":   func(f *fuse, in helds) helds { return flow.MergePreferred(in, f.someHeld(2)) },
	"MergeSorted": func(f *fuse, in helds) helds {
		return flow.MergeSorted(func(*held, *held) int { return 0 }, in, f.someHeld(2))
	},
	"MergeLatest":  func(f *fuse, in helds) helds { return apiece(flow.MergeLatest(in, f.someHeld(2))) },
	"Interleave":   func(f *fuse, in helds) helds { return flow.Interleave(1, in, f.someHeld(2)) },
	"Zip":          func(f *fuse, in helds) helds { return firstHeld(flow.Zip(in, f.someHeld(4))) },
	"ZipN":         func(f *fuse, in helds) helds { return apiece(flow.ZipN(in, f.someHeld(4))) },
	"ZipLatest":    func(f *fuse, in helds) helds { return firstHeld(flow.ZipLatest(in, f.someHeld(4))) },
	"Zip, stopped": func(f *fuse, in helds) helds { return flow.Take(firstHeld(flow.Zip(in, f.someHeld(9))), 2) },
	"Async of pairs": func(f *fuse, in helds) helds {
		return firstHeld(flow.Async(flow.Map(in, func(h *held) flow.Pair[*held, *held] { return flow.Pair[*held, *held]{First: h, Second: h} })))
	},
	"ForEachAsync": func(_ *fuse, in helds) helds {
		return flow.FromSinkAndSource(flow.ForEachAsync(2, func(context.Context, *held) error { return nil }), flow.Never[*held]())(in)
	},
	"ToChan": func(_ *fuse, in helds) helds {
		return flow.FromSinkAndSource(flow.ToChan(make(chan *held)), flow.InitialDelay(flow.Of[*held](), 100*ms))(in)
	},
	"RestartFlow": func(_ *fuse, in helds) helds {
		return flow.RestartFlow(flow.RestartSettings{OnFailuresOnly: true}, func(context.Context) (flow.Flow[*held, *held], error) {
			return func(in helds) helds { return flow.Take(in, 2) }, nil
		})(in)
	},
}

func TestAPanicOfAHoldOrAReleaseEndsItsConnectionAlone(t *testing.T) {
	for _, operator := range slices.Sorted(maps.Keys(holding)) {
		t.Run(operator, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.operator = operator
				for _, around := range []handler{
					func(in source) source { return in },
					func(in source) source { return flow.Take(in, 1) }, // so that some are left
				} {
					h := func(f *fuse) handler {
						return func(in source) source {
							values := flow.Map(flow.Take(in, 4), func(msg) *held { return &held{f} })
							return around(flow.TryMap(holding[operator](f, values), func(ctx context.Context, _ *held) (msg, error) {
								return message.Text("ok"), sleep(ctx, 25*ms)
							}))
						}
					}
					calm := s.calm(h, visit{messages: 4})
					for _, place := range []string{"Hold", "Release"} {
						for nth := range calm.calls[place] {
							for _, how := range []blast{byPanic, byGoexit} {
								f := newFuse(place, nth+1, how)
								out := s.play(h(f), visit{messages: 4})
								if nth > 0 && !f.hasBlown() {
									continue // one less was held this time
								}
								if err := out.check(how, protocol.CloseInternalError); err != nil {
									t.Errorf("%s, call %d of %s: %v", how, nth+1, place, err)
								}
							}
						}
					}
				}
			})
		})
	}
}
