package main

import (
	"strings"
	"testing"

	"github.com/wsflow/wsflow/bench/flow/operators"
)

func TestTableHasALineForEachOperator(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), []string{"-rounds", "1", "-values", "2048", "-turn", "0"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, c := range operators.All() {
		if !strings.Contains(out.String(), "| "+c.Name+" |") {
			t.Errorf("no line for %s", c.Name)
		}
	}
}

func TestFiguresHaveTwoDigits(t *testing.T) {
	for f, want := range map[float64]string{0.31: "0.3", 9.94: "9.9", 9.96: "10", 123.4: "123"} {
		if got := round(f); got != want {
			t.Errorf("%v: %q, want %q", f, got, want)
		}
	}
}
