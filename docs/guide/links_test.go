package guide_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	code    = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	link    = regexp.MustCompile(`\]\(([^):]*)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notSlug = regexp.MustCompile(`[^a-z0-9 -]`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	guides, err := filepath.Glob("*.md")
	require.NoError(t, err)
	for _, guide := range guides {
		text, err := os.ReadFile(guide)
		require.NoError(t, err)
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			path, anchor, _ := strings.Cut(m[1], "#")
			content, err := os.ReadFile(path)
			require.NoError(t, err, "%s: %s", guide, m[1])
			if anchor != "" {
				require.Contains(t, anchors(string(content)), anchor, guide)
			}
		}
	}
}

// anchors are those that a viewer of Markdown makes of the headings.
func anchors(text string) []string {
	var all []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		slug := notSlug.ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(slug, " ", "-"))
	}
	return all
}
