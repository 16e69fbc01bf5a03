package operators

import (
	"context"
	"log/slog"
	"time"

	"github.com/samber/ro"

	"github.com/wsflow/wsflow/flow"
)

// far is a time that does not come while a case is measured.
const far = time.Hour

// passing are the cases of operators that pass on every value here, and would do something else in another one.
func passing() []Case {
	yes := func(error) bool { return true }
	never := func(error) (source, bool) { return source{}, false }
	quiet := slog.New(slog.DiscardHandler)
	return append([]Case{
		// No two values that follow one another are the same.
		passes("DropRepeated", unlikeLoop(), flow.DropRepeated[int], nil),
		passes("LimitWeighted", limitWeightedLoop(1<<40, weighsOne), func(in source) source {
			return flow.LimitWeighted(in, 1<<40, weighsOne)
		}, nil),
		passes("DoOnFirst", firstLoop(func(int) {}), func(in source) source {
			return flow.DoOnFirst(in, func(int) {})
		}, nil),
		passes("Log, disabled", logLoop(quiet), func(in source) source { return flow.Log(in, quiet, "numbers") }, nil),
		passes("Monitor", monitorLoop(), func(in source) source { return flow.Monitor(in, new(flow.Progress)) }, nil),
		passes("OrElse", orElseLoop(upTo(1)), func(in source) source {
			return flow.OrElse(in, flow.FromSeq(upTo(1)))
		}, ro.DefaultIfEmpty(0)),
		passes("MapError", passLoop(), func(in source) source {
			return flow.MapError(in, func(err error) error { return err })
		}, nil),
		passes("OnErrorComplete", passLoop(), func(in source) source { return flow.OnErrorComplete(in, yes) }, nil),
		passes("RecoverWith", passLoop(), func(in source) source { return flow.RecoverWith(in, 1, never) }, nil),
		passes("WatchTermination", endLoop(passLoop(), func(error) {}), func(in source) source {
			return flow.WatchTermination(in, func(error) {})
		}, nil),
		passes("Killable", killableLoop(), func(in source) source { return flow.Killable(in, new(flow.KillSwitch)) }, nil),
	}, timed()...)
}

// timed are the cases of operators with a time, which does not come.
func timed() []Case {
	return []Case{
		passes("IdleTimeout", idleLoop(far), func(in source) source { return flow.IdleTimeout(in, far) }, nil),
		passes("InitialTimeout", initialLoop(far), func(in source) source { return flow.InitialTimeout(in, far) }, nil),
		passes("CompletionTimeout", deadlineLoop(far), func(in source) source { return flow.CompletionTimeout(in, far) }, nil),
		passes("TakeWithin", deadlineLoop(far), func(in source) source { return flow.TakeWithin(in, far) }, nil),
		passes("DropWithin", dropWithinLoop(0), func(in source) source { return flow.DropWithin(in, 0) }, nil),
		passes("EnforceRate", rateLoop(fast, time.Second), func(in source) source {
			return flow.EnforceRate(in, flow.Rate{N: fast, Per: time.Second}, unchanged)
		}, nil),
	}
}

func passes(name string, hand loop[int], op flow.Flow[int, int], observe func(ro.Observable[int]) ro.Observable[int]) Case {
	one := (*total).one
	c := Case{
		Name:     name,
		Inlined:  func(_ context.Context, n int) int { return inlinedSum(n, func(v int) int { return v }) },
		Loop:     looped(one, hand),
		Flow:     flowed(one, op),
		Channels: piped(one, hand),
	}
	if observe != nil {
		c.Ro = observed(one, observe)
	}
	return c
}

func weighsOne(int) int { return 1 }

// unchanged is what EnforceRate does with what is too much, if there were any.
func unchanged(_ context.Context, v int) (int, error) { return v, nil }
