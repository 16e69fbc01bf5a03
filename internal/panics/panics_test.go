package panics

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/protocol"
)

// forgiven are the places whose errors, unlike their panics, an operator is there to take.
var forgiven = map[string]string{
	"Recover.in":              "recovers",
	"RecoverWith.in":          "recovers",
	"RestartFlow.factory":     "restarts",
	"RestartFlow.factory()":   "restarts",
	"RestartSink.factory":     "restarts",
	"RestartSink.factory()":   "restarts",
	"RestartSource.factory":   "restarts",
	"RestartSource.factory()": "restarts",
	"WireTap.sink":            "does the stream no harm",
}

// calm shows that a handler serves a connection to a good end when its fuse does not blow, and returns the fuse, which has counted.
func (s *stage) calm(h func(*fuse) handler, v visit) *fuse {
	s.t.Helper()
	f := newFuse("", 0, byPanic)
	out := s.play(h(f), v)
	require.Equal(s.t, protocol.CloseNormal, out.code, s.operator)
	require.Empty(s.t, out.records, s.operator)
	require.Empty(s.t, out.failed, s.operator)
	require.Zero(s.t, out.left, s.operator)
	return f
}

// blow lets a handler's fuse blow, and reports what is not as it should be.
func (s *stage) blow(h func(*fuse) handler, v visit, f *fuse, code protocol.CloseCode) {
	s.t.Helper()
	s.t.Helper()
	out := s.play(h(f), v)
	if !f.hasBlown() {
		s.t.Errorf("%s, call %d of %s.%s: not reached", f.blast, f.nth, s.operator, f.place)
	} else if err := out.check(f.blast, code); err != nil {
		s.t.Errorf("%s, call %d of %s.%s: %v", f.blast, f.nth, s.operator, f.place, err)
	}
}

// forEachOperator runs a test for every operator, in virtual time.
func forEachOperator(t *testing.T, test func(s *stage, r rig, at []string)) {
	t.Helper()
	at := places(t)
	for _, operator := range slices.Sorted(maps.Keys(rigs)) {
		t.Run(operator, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.operator = operator
				test(s, rigs[operator], at[operator])
			})
		})
	}
}

func TestAnyPanicInAnyOperatorEndsItsConnectionAloneWith1011(t *testing.T) {
	forEachOperator(t, func(s *stage, r rig, at []string) {
		h := func(f *fuse) handler { return rigged(r, f) }
		calm := s.calm(h, visit{messages: 4})
		for _, place := range at {
			if calm.calls[place] == 0 {
				s.t.Errorf("%s is never called", place)
				continue
			}
			for nth := range min(2, calm.calls[place]) {
				for _, how := range []blast{byPanic, byError, byNil, byGoexit} {
					s.blow(h, visit{messages: 4}, newFuse(place, nth+1, how), protocol.CloseInternalError)
				}
			}
		}
	})
}

func TestAnyErrorInAnyOperatorEndsItsConnectionAloneWith1011(t *testing.T) {
	forEachOperator(t, func(s *stage, r rig, at []string) {
		h := func(f *fuse) handler { return rigged(r, f) }
		calm := s.calm(h, visit{messages: 4})
		for _, place := range at {
			if !calm.returns[place] {
				continue
			}
			f := newFuse(place, 1, byReturn)
			if forgiven[s.operator+"."+place] == "" {
				s.blow(h, visit{messages: 4}, f, protocol.CloseInternalError)
				continue
			}
			out := s.play(h(f), visit{messages: 4})
			require.True(s.t, f.hasBlown(), place)
			require.Equal(s.t, protocol.CloseNormal, out.code, place)
			require.Empty(s.t, out.records, place)
		}
	})
}

func TestAnyPanicInAnyOperatorPassesThroughWhateverIsAroundIt(t *testing.T) {
	at := places(t)
	for _, name := range slices.Sorted(maps.Keys(around)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				for _, operator := range slices.Sorted(maps.Keys(rigs)) {
					s.operator = operator
					h := func(f *fuse) handler { return around[name](rigged(rigs[operator], f)) }
					calm := s.calm(h, visit{messages: 4, leaves: true})
					for _, place := range at[operator] {
						if calm.calls[place] > 0 {
							s.blow(h, visit{messages: 4}, newFuse(place, 1, byPanic), protocol.CloseInternalError)
						}
					}
				}
			})
		})
	}
}

// A panic after the peer has begun to close, or has gone, or when what follows wants no more, may be of no interest to the peer, but it
// is to the log and the metrics.
func TestAPanicThatComesAfterTheEndIsSeenAllTheSame(t *testing.T) {
	forEachOperator(t, func(s *stage, r rig, at []string) {
		for _, v := range []visit{{messages: 2, leaves: true}, {messages: 2, cut: true}, {messages: 4}} {
			h := func(f *fuse) handler { return rigged(r, f) }
			if v.messages == 4 {
				h = func(f *fuse) handler { return func(in source) source { return flow.Take(rigged(r, f)(in), 2) } }
			}
			calm := newFuse("", 0, byPanic)
			s.play(h(calm), v)
			for _, place := range at {
				if calm.calls[place] == 0 {
					continue
				}
				f := newFuse(place, calm.calls[place], byPanic)
				out := s.play(h(f), v)
				if !f.hasBlown() {
					continue // it came too late this time
				}
				if err := out.check(byPanic, out.code); err != nil {
					s.t.Errorf("%+v, %s: %v", v, place, err)
				}
			}
		}
	})
}
