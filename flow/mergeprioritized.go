package flow

import "math"

// A Prioritized is a source with its weight in [MergePrioritized].
type Prioritized[T any] struct {
	Source   Source[T]
	Priority int // 1 or more
}

// MergePrioritized starts a goroutine for each source: it emits values as they come, and while several sources have
// some, each gets a share that is as large as its priority is in the sum of theirs; none waits forever. The shares
// are dealt out evenly, and not by chance. It is complete when all sources are; the error of one ends the stream
// once its own values have passed. Up to 32 values of each source wait. A priority of less than 1 panics.
//
//	a                 --1-1-1-1-1-1-…
//	b                 --2-2-2-2-2-2-…
//	MergePrioritized  {a, 3}, {b, 1}
//	out               --1-1-2-1-1-1-2-1-…
func MergePrioritized[T any](sources ...Prioritized[T]) Source[T] {
	plain := make([]Source[T], len(sources))
	for i, s := range sources {
		if s.Priority < 1 {
			panic("flow: MergePrioritized with a priority of less than 1")
		}
		plain[i] = s.Source
	}
	return pulling("MergePrioritized", plain, func(in *inputs, all []*pull[T], emit func(T) error) error {
		shares := sharesOf(sources)
		credit := make([]int, len(sources))
		return choosing(in, all, emit, func(slots []*T) int {
			// All that have a value earn their priority, and the richest pays for all of them.
			richest, earned := -1, 0
			for i, slot := range slots {
				if slot == nil {
					continue
				}
				credit[i] += shares[i]
				earned += shares[i]
				if richest < 0 || credit[i] > credit[richest] {
					richest = i
				}
			}
			credit[richest] -= earned
			return richest
		})
	})
}

// sharesOf returns the priorities, or what is left of them when all are halved until sums of them cannot overflow: a credit
// is never more than the sum for each source.
func sharesOf[T any](sources []Prioritized[T]) []int {
	most := math.MaxInt / max(1, len(sources)) / max(1, len(sources)) / 2
	halvings := 0
	for _, s := range sources {
		for s.Priority>>halvings > most {
			halvings++
		}
	}
	shares := make([]int, len(sources))
	for i, s := range sources {
		shares[i] = max(1, s.Priority>>halvings)
	}
	return shares
}
