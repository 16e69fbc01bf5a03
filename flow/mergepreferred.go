package flow

// MergePreferred starts a goroutine for each source: it emits values as they come, but whenever the preferred source
// has one, that goes first, also if the others never come to their turn for it. These take turns. It is
// complete when all sources are; the error of one ends the stream once its own values have passed. Up to 32
// values of each source wait.
//
//	preferred       --1-----2--3-----|
//	other           --4--5--6--------|
//	MergePreferred  what follows takes 4 for each
//	out             --1---4---2---3---5---6|
func MergePreferred[T any](preferred Source[T], others ...Source[T]) Source[T] {
	sources := append([]Source[T]{preferred}, others...)
	return pulling("MergePreferred", sources, func(in *inputs, all []*pull[T], emit func(T) error) error {
		last := 0 // of the others, whose turn it was
		return choosing(in, all, emit, func(slots []*T) int {
			if slots[0] != nil {
				return 0
			}
			for {
				if last++; last >= len(slots) {
					last = 1
				}
				if slots[last] != nil {
					return last
				}
			}
		})
	})
}

// choosing emits values as they come. Where several sources have one, choose decides: it gets the next value of
// each, nil for those that have none, and returns which is to be emitted.
func choosing[T any](in *inputs, all []*pull[T], emit func(T) error, choose func(slots []*T) int) error {
	slots := make([]*T, len(all))
	for {
		has, open := false, false
		for i, p := range all {
			slot, ended := p.look()
			if ended && p.ring.err != nil {
				return p.ring.err
			}
			slots[i] = slot
			has = has || slot != nil
			open = open || !ended
		}
		var err error
		switch {
		case has:
			i := choose(slots)
			err = all[i].handOn(slots[i], emit)
		case open:
			err = in.wait()
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}
