package operators

const intro = `# Operators by purpose

Every operator of package flow, with what its documentation begins with and its marble diagram: time goes from left to right, ` + "`|`" + ` is
the end of a stream that is complete, ` + "`X`" + ` that of one that failed. The documentation of each has its contract, and an example with its output.

| for | operators |
| --- | --- |
`

// purposes are the sections of the index.
var purposes = []struct{ title, text, names string }{
	{"Where values come from", "Sources.", "Of FromSeq FromFunc FromChan Tick Empty Never Fail"},
	{"Where values go", "Sinks: each runs a stream to its end and has a result.", "ToSlice ForEach Ignore Fold Head"},
	{"One by one", "Synchronous: a few nanoseconds for each value.", "Map TryMap Filter MapConcat Take Drop"},
	{"At the same time", "", "Async Buffer MapAsync"},
	{"From many, one", "", "Concat Merge"},
	{"A sink and a source", "", "FromSinkAndSource FromSinkAndSourceUncoupled"},
}
