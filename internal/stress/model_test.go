package stress

import (
	"fmt"
	"os"
	"slices"

	"github.com/wsflow/wsflow/flow"
)

type ints = flow.Source[int]

// A certainty is how much of a stream's values follows from what it was built of.
type certainty uint8

const (
	exact     certainty = iota // these values in this order; if the stream fails, before the error
	unordered                  // these values in some order; if it fails, some of them
	some                       // some of these values in some order
	unknown                    // any values
)

// A stream is what the model says of one.
type stream struct {
	values    []int
	certainty certainty
	ends      []error // what it may end with; one of them is nil if it may complete
}

func exactly(values []int, end error) stream { return stream{values: values, ends: []error{end}} }

// fails reports whether the stream may fail.
func (s stream) fails() bool {
	return slices.ContainsFunc(s.ends, func(err error) bool { return err != nil })
}

// weaken returns the stream with no more certainty than c.
func (s stream) weaken(c certainty) stream {
	s.certainty = max(s.certainty, c)
	return s
}

// with returns the stream with ends that it may have too.
func (s stream) with(ends ...error) stream {
	s.ends = slices.Clone(s.ends)
	for _, end := range ends {
		if !slices.Contains(s.ends, end) {
			s.ends = append(s.ends, end)
		}
	}
	return s
}

// cutShort returns the stream with all errors that there are: what an operator cancels may fail at that moment, and the
// operators between do not recover from anything then.
func (s stream) cutShort() stream {
	return s.with(errBroken, errOther, errRate, os.ErrDeadlineExceeded, flow.ErrLimit, flow.ErrOverflow, flow.ErrEmpty, flow.ErrTooManySubstreams)
}

// perValue is what becomes of the stream when each value is replaced by those of f.
func (s stream) perValue(f func(int) []int) stream {
	values := []int{}
	for _, v := range s.values {
		values = append(values, f(v)...)
	}
	s.values = values
	return s
}

// inOrder is what becomes of the stream where the result follows from the order of its values.
func (s stream) inOrder(f func(values []int, end error) ([]int, error)) stream {
	if s.certainty != exact || len(s.ends) != 1 {
		return s.weaken(unknown).with(nil)
	}
	values, end := f(slices.Clone(s.values), s.ends[0])
	return exactly(values, end)
}

// merged is what becomes of streams whose values come as they come.
func merged(streams ...stream) stream {
	if len(streams) == 1 {
		return streams[0]
	}
	all := stream{certainty: unordered}
	failing := false
	completes := true
	for _, s := range streams {
		all.values = append(all.values, s.values...)
		all = all.weaken(s.certainty)
		for _, end := range s.ends {
			if end != nil {
				failing = true
				all = all.with(end)
			}
		}
		completes = completes && slices.Contains(s.ends, nil)
	}
	if completes {
		all = all.with(nil)
	}
	if failing {
		all = all.weaken(some)
	}
	return all
}

// check compares what came of a run with the model. whole says that nothing but the stream itself has ended it.
func (s stream) check(got []int, whole bool) error {
	switch s.certainty {
	case exact:
		if len(got) > len(s.values) || !slices.Equal(got, s.values[:len(got)]) || whole && len(got) != len(s.values) {
			return fmt.Errorf("values %v, want %v", got, s.values)
		}
	case unordered, some:
		rest := slices.Clone(s.values)
		for _, v := range got {
			i := slices.Index(rest, v)
			if i < 0 {
				return fmt.Errorf("values %v, want only those of %v", got, s.values)
			}
			rest = slices.Delete(rest, i, i+1)
		}
		if whole && s.certainty == unordered && len(rest) > 0 {
			return fmt.Errorf("values %v, want all of %v", got, s.values)
		}
	case unknown:
	}
	return nil
}
