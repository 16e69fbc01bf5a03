package apitest

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

// pure are the packages that do no input or output, start no goroutine and read no clock, and what they may import of the
// standard library.
var pure = map[string]string{
	"protocol": "bytes cmp crypto/rand crypto/sha1 encoding/base64 encoding/binary errors fmt maps math net/netip slices strconv" +
		" strings unicode/utf8",
	"protocol/deflate": "encoding/binary errors fmt math math/bits slices strconv sync",
	"protocol/driver":  "bytes encoding/base64 errors fmt maps math net/url slices strconv strings",
	"protocol/hixie":   "bytes crypto/md5 crypto/rand encoding/binary errors fmt math slices strconv strings unicode/utf8",
}

func TestProtocolIsWithoutInputAndOutput(t *testing.T) {
	for dir, allowed := range pure {
		files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			for _, spec := range file.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if !strings.HasPrefix(path, module) { // which the layers are about
					require.Contains(t, strings.Fields(allowed), path, "%s imports %s", name, path)
				}
			}
			ast.Inspect(file, func(n ast.Node) bool {
				_, starts := n.(*ast.GoStmt)
				require.False(t, starts, "%s starts a goroutine", name)
				return true
			})
		}
	}
}
