package picture

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/wsflow/wsflow/flow"
)

// Mermaid returns the graph as a flowchart in the language of Mermaid.
func Mermaid(graph *flow.Node) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	nodes := nodesOf(graph)
	number := make(map[*flow.Node]int, len(nodes))
	for i, n := range nodes {
		number[n] = i
		fmt.Fprintf(&b, "    n%d[\"", i)
		writeMermaidText(&b, n.Name)
		b.WriteString("\"]\n")
	}
	for i, n := range nodes {
		for _, in := range inputs(n) {
			fmt.Fprintf(&b, "    n%d --> n%d\n", number[in], i)
		}
	}
	return b.String()
}

// writeMermaidText writes what may stand between the quotes of a label. All that is not a letter, a digit or a sign without a
// meaning becomes an entity with its number, so that a name can neither end the label nor be taken for HTML or Markdown.
func writeMermaidText(b *strings.Builder, s string) {
	if s == "" {
		s = "\u00a0" // an empty label is an error
	}
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == ' ', r == ',', r == '(', r == ')':
			b.WriteRune(r)
		case unicode.IsControl(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			fmt.Fprintf(b, "#%d;", r)
		}
	}
}
