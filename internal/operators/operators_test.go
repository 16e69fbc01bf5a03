package operators

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// plain are functions that make a stream without being an operator, and what stands for a test of their laws.
var plain = map[string]string{
	"NewSource": "what operators are made of",
	"NewSink":   "what sinks are made of",
	"Operator":  "what operators are made of",
	"Describe":  "no stream",
}

// unmeasured are operators whose time for a value says nothing, with the reason.
var unmeasured = map[string]string{
	"Empty": "has no values",
	"Fail":  "has no values",
	"Never": "has no values",
	"Head":  "has one value",
	"Tick":  "has its own pace",
}

// sinks have no laws of operators: what they do is in tests named for it.
func isSink(op operator) bool { return strings.Contains(op.signature, ") Sink[") }

func TestEveryOperatorHasItsPictureExampleLawsAndBenchmark(t *testing.T) {
	for _, dir := range []string{"flow", "flow/framing"} {
		tests := declared(t, dir)
		all := operators(t, dir)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if plain[name] != "" {
				continue
			}
			op := all[name]
			short := name[strings.LastIndexByte(name, '.')+1:]
			if op.marble == "" {
				t.Errorf("%s has no marble diagram", name)
			}
			for _, want := range []struct{ what, prefix, contains string }{
				{"example", "Example" + short, ""},
				{"benchmark", "Benchmark", short},
				{"test of its laws", "Test", short},
			} {
				if want.prefix == "Benchmark" && unmeasured[name] != "" || want.contains != "" && want.prefix == "Test" && isSink(op) {
					continue
				}
				if !slices.ContainsFunc(tests, func(f string) bool {
					return strings.HasPrefix(f, want.prefix) && strings.Contains(f, want.contains)
				}) {
					t.Errorf("%s has no %s", name, want.what)
				}
			}
		}
	}
}
