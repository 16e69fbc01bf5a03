package requirements_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/wstest/conformance"
)

// rows are how many there have to be of each letter.
var rows = map[string]int{"D": 24, "S": 17, "P": 13, "A": 82, "H": 55, "O": 98}

var (
	row  = regexp.MustCompile(`^\| ([A-Z]\d+) \| (.+) \| (.+) \|$`)
	name = regexp.MustCompile("`([^`]+)`")
)

// table returns the cells of the tests by row.
func table(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "requirements.md"))
	require.NoError(t, err)
	cells := make(map[string]string)
	for line := range strings.SplitSeq(string(text), "\n") {
		if m := row.FindStringSubmatch(line); m != nil {
			require.NotContains(t, cells, m[1], "twice")
			cells[m[1]] = m[3]
		}
	}
	return cells
}

func TestEveryRowIsThere(t *testing.T) {
	cells := table(t)
	count := 0
	for letter, n := range rows {
		for i := range n {
			require.Contains(t, cells, fmt.Sprintf("%s%d", letter, i+1))
		}
		count += n
	}
	require.Len(t, cells, count)
}

func TestEveryTestThatIsNamedExists(t *testing.T) {
	functions := make(map[string][]string)
	for id, cell := range table(t) {
		names := name.FindAllStringSubmatch(cell, -1)
		if len(names) == 0 {
			require.Regexp(t, `^\*not ours\*: .{10,}$`, cell, id)
		}
		for _, m := range names {
			if number, ok := strings.CutPrefix(m[1], "case "); ok {
				require.True(t, slices.ContainsFunc(cases(), func(c conformance.Case) bool { return c.ID == number }), "%s: no %s", id, m[1])
				continue
			}
			dot := strings.LastIndex(m[1], ".")
			require.Positive(t, dot, "%s: %s", id, m[1])
			dir, function := m[1][:dot], m[1][dot+1:]
			if _, ok := functions[dir]; !ok {
				functions[dir] = testsOf(t, dir)
			}
			require.Contains(t, functions[dir], function, "%s: %s", id, m[1])
		}
	}
}

// cases are all that there can be.
func cases() []conformance.Case {
	return conformance.Cases(conformance.Options{Limit: 1 << 20, Slow: true})
}

// testsOf returns the names of the tests, examples, benchmarks and fuzz targets of a directory.
func testsOf(t *testing.T, dir string) []string {
	t.Helper()
	path := filepath.Join("..", "..", filepath.FromSlash(dir))
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(path, entry.Name()), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && isTest(f.Name.Name) {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func isTest(name string) bool {
	return slices.ContainsFunc([]string{"Test", "Fuzz", "Example", "Benchmark"}, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
