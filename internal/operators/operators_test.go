package operators

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// plain are functions that make a stream without being an operator.
var plain = []string{"NewSource", "NewSink", "Operator"}

// unmeasured are operators whose time for a value says nothing, with the reason.
var unmeasured = map[string]string{
	"Empty":       "has no values",
	"Fail":        "has no values",
	"Never":       "has no values",
	"Cancelled":   "takes no values",
	"Head":        "takes one value",
	"Tick":        "has its own pace",
	"RestartSink": "costs what the sink costs, and RestartFlow",
}

func TestEveryOperatorHasItsPictureExampleLawsAndBenchmark(t *testing.T) {
	for _, dir := range []string{"flow", "flow/framing"} {
		reached := reach(t, dir, path.Base(dir))
		all := operators(t, dir)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if slices.Contains(plain, name) {
				continue
			}
			op := all[name]
			short := name[strings.LastIndexByte(name, '.')+1:]
			used := func(prefix, suffix string) bool {
				for f, operators := range reached {
					if strings.HasPrefix(f, prefix) && strings.Contains(f, suffix) && operators[short] {
						return true
					}
				}
				return false
			}
			if op.marble == "" {
				t.Errorf("%s has no marble diagram", name)
			}
			if !used("Example"+short, "") && !used("Example", "_"+short) {
				t.Errorf("%s has no example", name)
			}
			if unmeasured[name] == "" && !used("Benchmark", "") {
				t.Errorf("%s has no benchmark", name)
			}
			if !used("Test", "KeepsTheLaws") && !used("Test", "KeepTheLaws") && !(isSink(op) && used("Test", "")) {
				t.Errorf("%s has no test of its laws", name)
			}
		}
	}
}

// boxes are pictures of what has two directions.
var boxes = []string{"BidiFromFuncs", "BidiIdentity", "Atop"}

// A marble diagram has two columns: names, the operator's among them, and what passes there, or the operator's arguments.
func TestMarbleDiagramsHaveTwoColumns(t *testing.T) {
	all := operators(t, "flow")
	maps.Copy(all, operators(t, "flow/framing"))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if slices.Contains(plain, name) || slices.Contains(boxes, name) {
			continue
		}
		short := name[strings.LastIndexByte(name, '.')+1:]
		rows := strings.Split(strings.TrimRight(all[name].marble, "\n"), "\n")
		width := 8
		labels := make([]string, len(rows))
		for i, row := range rows {
			labels[i], _, _ = strings.Cut(row, " ")
			width = max(width, len(labels[i])+2)
		}
		if !slices.Contains(labels, short) {
			t.Errorf("%s: no line of its diagram begins with its name", name)
		}
		for i, row := range rows {
			if column := row[:min(width, len(row))]; strings.TrimRight(column, " ") != labels[i] {
				t.Errorf("%s: the second column begins after %d characters, but not in %q", name, width, row)
			}
		}
	}
}

// isSink reports whether an operator makes a sink. The laws are those of sources; what a sink does is in tests named for it.
func isSink(op operator) bool { return strings.Contains(op.signature, ") Sink[") }

func TestEveryOperatorIsInTheRandomGraphs(t *testing.T) {
	used := reach(t, "internal/stress", "flow")["init"]
	for f, operators := range reach(t, "internal/stress", "flow") {
		if f == "build" {
			maps.Copy(used, operators)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(operators(t, "flow"))) {
		if !slices.Contains(plain, name) && !used[name] {
			t.Errorf("%s is not in the random graphs", name)
		}
	}
}
