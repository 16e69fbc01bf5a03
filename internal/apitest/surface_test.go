package apitest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wsflow/wsflow/internal/apitest"
)

const code = `// Package shapes has a comment.
package shapes

import "errors"

// ErrFlat has a comment.
var ErrFlat = errors.New("flat")

const hidden = 1

// A Kind is one.
type Kind uint8

// The kinds.
const (
	Round  Kind = iota // without corners
	square             // not exported
	Long
)

// A Shape is one.
type Shape struct {
	Kind Kind // of the shape

	// Colour has a comment.
	Colour string
	sides  int
}

// Sides counts.
func (s Shape) Sides() int { return s.sides }

func (s Shape) grow() {}

// New makes one.
func New(kind Kind) Shape { return Shape{Kind: kind} }

// Draw draws.
func Draw[T any](s Shape, on T) error { return ErrFlat }
`

const surface = `package shapes

var ErrFlat = errors.New("flat")

func Draw[T any](s Shape, on T) error

type Kind uint8

const (
	Round Kind = iota
	Long
)

type Shape struct {
	Kind   Kind
	Colour string
	// contains filtered or unexported fields
}

func New(kind Kind) Shape

func (s Shape) Sides() int
`

func TestSurfaceIsWhatIsExportedWithoutComments(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "shapes.go", code)
	put(t, dir, "shapes_test.go", "package shapes\n\nfunc InTestsOnly() {}\n")
	put(t, dir, "shapes_windows.go", "package shapes\n\nfunc OnWindowsOnly() {}\n")
	got, err := apitest.Surface(dir, "example.com/shapes")
	if err != nil {
		t.Fatal(err)
	}
	if diff := apitest.Diff(surface, got); diff != "" {
		t.Errorf("Surface: - wanted, + got\n%s", diff)
	}
}

func TestSurfacesLeaveOutWhatNobodyCanImport(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "shapes/shapes.go", code)
	put(t, dir, "shapes/internal/corner.go", "package corner\n\nfunc Cut() {}\n")
	put(t, dir, "draw/main.go", "package main\n\nfunc Main() {}\n")
	put(t, dir, "private/private.go", "package private\n\nfunc hidden() {}\n")
	put(t, dir, "other/go.mod", "module example.com/other\n")
	put(t, dir, "other/other.go", "package other\n\nfunc Other() {}\n")
	got, err := apitest.Surfaces(dir, "example.com")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got["shapes"] != surface {
		t.Errorf("Surfaces: got %q, want that of shapes alone", got)
	}
}

func TestCodeThatDoesNotParseIsAnError(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "broken.go", "package broken\n\nfunc {\n")
	if got, err := apitest.Surfaces(dir, "example.com"); err == nil {
		t.Errorf("Surfaces: got %q, want an error", got)
	}
}

func TestDiffShowsTheLinesThatDiffer(t *testing.T) {
	for _, c := range []struct{ name, want, got, diff string }{
		{"equal texts", "a\nb\n", "a\nb\n", ""},
		{"a line too many", "a\nb\n", "a\nx\nb\n", "  a\n+ x\n"},
		{"a line missing", "a\nb\nc\n", "a\nc\n", "  a\n- b\n"},
		{"a line changed", "a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n"},
		{"the first line changed", "a\nb\n", "x\nb\n", "- a\n+ x\n"},
		{"two places", "a\nb\nc\nd\n", "b\nc\nd\ne\n", "- a\n  d\n+ e\n"},
		{"nothing wanted", "", "a", "- \n+ a\n"},
	} {
		if diff := apitest.Diff(c.want, c.got); diff != c.diff {
			t.Errorf("%s: Diff(%q, %q): got %q, want %q", c.name, c.want, c.got, diff, c.diff)
		}
	}
}

func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
