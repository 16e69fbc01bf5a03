package driver_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The package does no input or output, starts no goroutine and reads no clock. None of
// the packages it may import imports net.
func TestPackageDoesNoInputOrOutput(t *testing.T) {
	allowed := map[string]bool{
		"bytes": true, "encoding/base64": true, "errors": true, "fmt": true, "maps": true, "math": true,
		"net/url": true, "slices": true, "strconv": true, "strings": true,
		"github.com/wsflow/wsflow/protocol": true,
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			require.True(t, allowed[path], "%s imports %s", name, path)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			_, starts := n.(*ast.GoStmt)
			require.False(t, starts, "%s starts a goroutine", name)
			return true
		})
	}
}
