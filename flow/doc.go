// Package flow has typed streams of values: where they come from, what is done with them on the way, and
// where they go to.
//
// # Words
//
// A source is a recipe for a stream of values. Running it starts the stream from its beginning: [Source].
//
// A run is one stream at work. It is complete when it ends without an error, failed when it ends with one, stopped
// when what follows it wants no more, and cancelled when its context is. What follows gets
// each value through a function called emit, which returns when the value is taken: that is the backpressure.
//
// A flow is a function from a source to a source: [Flow].
//
// An operator is a function of this package that builds a source from a source, such as [Map] and [Take]. A
// synchronous one works inside the calls of emit, and costs a few nanoseconds for each value. One that starts
// goroutines, or has a timer, says so in its first sentence.
//
// A sink runs a source to its end and returns a result: [Sink].
//
// # What there is
//
// By purpose, each with the name to begin with; docs/operators.md lists them all:
//
//   - where values come from: [Of], [FromSeq], [FromFunc], [FromChan], [Queue], [Unfold], [Tick]
//   - where they go: [ToSlice], [ForEach], [Fold], [ToChan], [CombineSinks]
//   - one by one, with or without a state: [Map], [TryMap], [Filter], [Scan], [StatefulMap], [MapConcat]
//   - some of them: [Take], [Drop], [Limit], [DropRepeated]
//   - in groups: [Grouped], [Sliding], [GroupedWithin], [Batch]
//   - at the same time: [Async], [Buffer], [MapAsync], [Conflate]
//   - in time: [Throttle], [EnforceRate], [Debounce], [Delay], [IdleTimeout], [KeepAlive]
//   - many into one: [Concat], [Merge], [Zip], [MergeLatest], [OrElse]
//   - one into many: [Broadcast], [Partition], [Balance], [AlsoTo], [WireTap]
//   - a stream for each value, or for some of them: [FlatMapConcat], [FlatMapMerge], [SwitchMap], [GroupBy], [SplitWhen]
//   - when something fails: [Recover], [RecoverWith], [MapError], [Retry], [RestartSource], [RestartFlow]
//   - to end from outside, and to hear of the end: [Killable], [WatchTermination], [Monitor]
//   - both directions: [FromSinkAndSource], [Coupled], [Bidi]
//   - to look at: [Log], [DoOnFirst], [Describe] for what was built, and [WithStatistics] for what it does
//
// The guides in docs/guide have a page for each task.
//
// # Using streams
//
// Sources are values, and operators take them as their first argument. Nothing happens until [Source.Run],
// [Source.All], [Collect] or [Sink.Run] is called:
//
//	even := flow.Filter(flow.FromSeq(numbers), isEven)
//	for v, err := range flow.Take(even, 10).All(ctx) { … }
//
// The order of values is kept, except by merges. An error does not overtake the values before it. A cancelled
// run ends with [context.Cause] of its context. A panic in a function that an operator calls ends the stream as
// a *[PanicError], with which [Source.Run] panics again, also if it happened on another goroutine. When a run
// has ended, so has all that it started.
//
// # Writing an operator
//
// Most operators are functions that put others together, and need nothing more than that:
//
//	func Page[T any](in flow.Source[T], n, size int) flow.Source[T] {
//		return flow.Take(flow.Drop(in, n*size), size)
//	}
//
// One that is a loop is written with [FromFunc] and [Source.Run]. State is a variable in the loop, so that each
// run has its own; what emit returns is returned; and what is to come after the last value is emitted after
// Run:
//
//	func Pairs[T any](in flow.Source[T]) flow.Source[[2]T] {
//		return flow.FromFunc(func(ctx context.Context, emit func([2]T) error) error {
//			var pair [2]T
//			n := 0
//			return in.Run(ctx, func(v T) error {
//				pair[n%2] = v
//				n++
//				if n%2 != 0 {
//					return nil
//				}
//				return emit(pair)
//			})
//		})
//	}
//
// Its loop works in a goroutine of its own, and waits there where the values of in come later, such as those of
// a socket. [Operator] needs none: its function is called at the start of each run with the emit and end of
// what follows, and returns those that in is run with. The same operator:
//
//	func Pairs[T any](in flow.Source[T]) flow.Source[[2]T] {
//		return flow.Operator("Pairs", in, func(_ context.Context, emit func([2]T) error, end func(error)) (func(T) error, func(error)) {
//			var pair [2]T
//			n := 0
//			next := func(v T) error {
//				pair[n%2] = v
//				n++
//				if n%2 != 0 {
//					return nil
//				}
//				return emit(pair)
//			}
//			return next, end
//		})
//	}
//
// An operator that ends its input early has it end with an error of its own, made anew for each run, and calls
// end with nil when that is what comes back. One that emits more when its input has ended does so inside
// [Guard]. One that needs a goroutine registers it with [Go], and there runs its input with [Source.Start]; how
// that is done right is in the contract of [StartFunc].
//
// Package flowtest checks that an operator does what this page and [StartFunc] promise.
package flow
