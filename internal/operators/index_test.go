package operators

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/operators.md anew")

// The index has every operator once, and says of it what its documentation says.
func TestIndexIsThatOfTheDocumentation(t *testing.T) {
	all := operators(t, "flow")
	maps.Copy(all, operators(t, "flow/framing"))
	for _, name := range plain {
		delete(all, name)
	}
	var b strings.Builder
	b.WriteString(intro)
	for _, p := range purposes {
		fmt.Fprintf(&b, "| %s | ", p.title)
		for i, name := range strings.Fields(p.names) {
			if i > 0 {
				b.WriteString(" ")
			}
			fmt.Fprintf(&b, "[%s](#%s)", name, anchor(name))
		}
		b.WriteString(" |\n")
	}
	for _, p := range purposes {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", p.title, p.text)
		for _, name := range strings.Fields(p.names) {
			op, ok := all[name]
			if !ok {
				t.Errorf("%s is in the index twice, or does not exist", name)
				continue
			}
			delete(all, name)
			fmt.Fprintf(&b, "\n### %s\n\n```\n%s\n```\n\n%s\n\n```\n%s```\n", name, op.signature, op.synopsis, op.marble)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Errorf("%s is not in the index: add it to a purpose", name)
	}
	file := filepath.Join(root, "docs", "operators.md")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
		return
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(text), b.String(), "go test ./internal/operators -update writes it anew")
}

func anchor(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), ".", "")
}
