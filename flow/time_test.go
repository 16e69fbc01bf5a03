package flow_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

const aLongTime = time.Hour // longer than the patience of the law checker

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// pause returns after d of virtual time, or with the cause once ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// after starts in after d.
func after(d time.Duration, in ints) ints {
	return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		if err := pause(ctx, d); err != nil {
			return err
		}
		return in.Run(ctx, emit)
	})
}

// lasting takes so many seconds as its value is.
func lasting(ctx context.Context, v int) (int, error) {
	return v, pause(ctx, time.Duration(v)*time.Second)
}

// secondsOf is a source of v, v seconds after its start.
func secondsOf(v int) ints { return flow.MapAsync(flow.Of(v), 1, lasting) }

// every is v once a second, for ever.
func every(v int) ints {
	return flow.Map(flow.Tick(time.Second), func(time.Time) int { return v })
}

// spaced emits the values of in with so much time before each.
func spaced(in ints, d time.Duration) ints {
	return flow.TryMap(in, func(ctx context.Context, v int) (int, error) { return v, pause(ctx, d) })
}

// paced emits the values of v, one a second, the first one after the given time.
func paced(first time.Duration, v ...int) ints {
	return flow.Concat(after(first, flow.Of(v[:1]...)), spaced(flow.Of(v[1:]...), time.Second))
}

// script is a source that is drawn as text: "1@2 2@2.5 |7" gives 1 after two seconds, 2 half a second later, and
// is complete at 7. With X7 it fails then, with errTest, and without either it waits until it is cancelled.
func script(text string) ints {
	return flow.FromFunc(func(ctx context.Context, emit func(int) error) error {
		start := time.Now()
		until := func(at string) error {
			s, err := strconv.ParseFloat(at, 64)
			if err != nil {
				panic(err)
			}
			return pause(ctx, seconds(s)-time.Since(start))
		}
		for event := range strings.FieldsSeq(text) {
			value, at, isValue := strings.Cut(event, "@")
			if !isValue {
				if err := until(event[1:]); err != nil || event[0] == '|' {
					return err
				}
				return errTest
			}
			v, err := strconv.Atoi(value)
			if err != nil {
				panic(err)
			}
			if err := until(at); err != nil {
				return err
			}
			if err := emit(v); err != nil {
				return err
			}
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
}

// slowly takes a second of virtual time for the first value, so that all sources have filled what they can.
func slowly(t *testing.T, in ints) (values []int) {
	t.Helper()
	err := in.Run(t.Context(), func(v int) error {
		if len(values) == 0 {
			time.Sleep(time.Second)
		}
		values = append(values, v)
		return nil
	})
	require.NoError(t, err)
	return values
}
