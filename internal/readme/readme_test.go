// Package readme sees to it that the code in the project's documents is code that compiles.
package readme

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

var block = regexp.MustCompile("(?s)```go\n(.*?)```")

// Every block of Go in a document stands, line by line, in a file of Go in the project.
func TestCodeInDocumentsIsCompiled(t *testing.T) {
	var sources []string
	var documents []string
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root, entry.Name() == "node_modules":
			return fs.SkipDir
		case strings.HasSuffix(path, ".go"):
			text, err := os.ReadFile(path)
			sources = append(sources, flat(string(text)))
			return err
		case strings.HasSuffix(path, ".md"):
			documents = append(documents, path)
		}
		return nil
	}))
	blocks := 0
	for _, path := range documents {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, b := range block.FindAllStringSubmatch(string(text), -1) {
			blocks++
			found := false
			for _, source := range sources {
				found = found || strings.Contains(source, flat(b[1]))
			}
			require.True(t, found, "%s: no file of Go has this:\n%s", path, b[1])
		}
	}
	require.NotZero(t, blocks)
}

// flat takes the indentation from every line.
func flat(code string) string {
	lines := strings.Split(strings.TrimSpace(code), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}
