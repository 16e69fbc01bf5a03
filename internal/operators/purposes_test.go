package operators

const intro = `# Operators by purpose

Every operator of package flow, with what its documentation begins with and its marble diagram: time goes from left to right, ` + "`|`" + ` is
the end of a stream that is complete, ` + "`X`" + ` that of one that failed. The documentation of each has its contract, and an example with its output.
Those that start goroutines say so first; all others work inside the calls of whoever emits, and cost a few nanoseconds for each value.

| for | operators |
| --- | --- |
`

// purposes are the sections of the index.
var purposes = []struct{ title, text, names string }{
	{
		"Where values come from", "Sources. What arrives from elsewhere, such as events, is offered to a `Queue`, whose `Source` method is one more.",
		"Of FromSeq FromFunc FromChan Future Lazy Unfold UnfoldResource Repeat Cycle Tick Empty Never Fail",
	},
	{
		"Where values go", "Sinks: each runs a stream to its end and has a result. `Collect` is `ToSlice` at work, and `Source.All` is for a loop.",
		"ToSlice ForEach ForEachAsync Fold Reduce Head Last Ignore ToChan OnComplete Cancelled CombineSinks LazySink To",
	},
	{
		"One value after the other", "",
		"Map TryMap Filter FilterMap MapConcat StatefulMap Scan MapWithResource ZipWithIndex Intersperse DropRepeated DropRepeatedFunc Log DoOnFirst",
	},
	{
		"Some of the values", "",
		"Take TakeWhile TakeUntil TakeLast Drop DropWhile Limit LimitWeighted",
	},
	{"Groups of values", "", "Grouped GroupedWeighted Sliding GroupedWithin GroupedWeightedWithin"},
	{
		"At the same time", "What calls a function with a context may leave values out with `ErrSkip`.",
		"Async MapAsync MapAsyncUnordered MapAsyncPartitioned MapAsyncPartitionedUnordered",
	},
	{
		"When what follows is slow", "",
		"Buffer Conflate ConflateWithSeed Batch BatchWeighted Expand Extrapolate BackpressureTimeout",
	},
	{
		"Time", "Timeouts end with a `*TimeoutError`. All of them work in virtual time, in a bubble of testing/synctest.",
		"Throttle ThrottleWeighted EnforceRate EnforceRateWeighted Debounce Delay InitialDelay TakeWithin DropWithin KeepAlive" +
			" IdleTimeout InitialTimeout CompletionTimeout BidiIdleTimeout",
	},
	{
		"Streams inside streams", "",
		"FlatMapConcat FlatMapMerge SwitchMap FlatMapPrefix GroupBy SplitWhen SplitAfter",
	},
	{
		"From many streams, one", "",
		"Concat OrElse Merge MergeWhile MergePreferred MergePrioritized MergeSorted MergeLatest Interleave Zip ZipN ZipLatest",
	},
	{
		"From one stream, many", "The flows are inside the operator, and what comes out of them is merged. Streams that come and go meet in package hub.",
		"Broadcast Partition Balance UnzipWith AlsoTo WireTap DivertTo",
	},
	{
		"Errors and restarts", "`Retry` makes a function that tries again of one that may fail, for `TryMap` and `MapAsync`.",
		"Recover RecoverWith MapError OnErrorComplete RestartSource RestartFlow RestartSink",
	},
	{"Watching and ending", "", "WatchTermination Monitor Killable"},
	{
		"Both directions", "A `Bidi` is a pair of flows, such as a codec: `Join` puts a flow between them, `Reversed` turns it round.",
		"FromSinkAndSource FromSinkAndSourceUncoupled Coupled LazyFlow BidiFromFuncs BidiIdentity Atop",
	},
	{
		"Bytes into frames", "Package flow/framing. `LengthField` has the methods Decode, Encode and Bidi.",
		"framing.Delimiter framing.JSON",
	},
}
