package operators

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// An operator is a function of package flow, or of a package below it, that makes a source, a flow or a sink.
type operator struct {
	name      string // with the package, unless it is flow: framing.JSON
	signature string
	synopsis  string
	marble    string // the last block of code in its documentation
	file      string
}

// operators returns those of a directory by name.
func operators(t *testing.T, dir string) map[string]operator {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(fset, files, "github.com/wsflow/wsflow/"+dir)
	require.NoError(t, err)
	functions := pkg.Funcs
	for _, typ := range pkg.Types {
		functions = append(functions, typ.Funcs...)
	}
	found := map[string]operator{}
	for _, f := range functions {
		if !makesStream(f.Decl) {
			continue
		}
		name := f.Name
		if dir != "flow" {
			name = pkg.Name + "." + name
		}
		found[name] = operator{
			name: name, signature: signature(t, f.Decl), synopsis: pkg.Synopsis(f.Doc), marble: marble(pkg, f.Doc),
			file: filepath.Base(fset.Position(f.Decl.Pos()).Filename),
		}
	}
	return found
}

// makesStream reports whether a function's first result is a source, a flow, a sink, or what is made of them.
func makesStream(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	typ := f.Type.Results.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.SelectorExpr:
			typ = t.Sel
		case *ast.Ident:
			return t.Name == "Source" || t.Name == "Flow" || t.Name == "Sink" || t.Name == "Bidi"
		default:
			return false
		}
	}
}

func signature(t *testing.T, f *ast.FuncDecl) string {
	t.Helper()
	bare := *f
	bare.Doc, bare.Body = nil, nil
	var b strings.Builder
	require.NoError(t, printer.Fprint(&b, token.NewFileSet(), &bare))
	return spaces.ReplaceAllString(b.String(), " ")
}

var spaces = regexp.MustCompile(`\s+`)

func marble(pkg *doc.Package, text string) string {
	last := ""
	for _, block := range pkg.Parser().Parse(text).Content {
		if code, ok := block.(*comment.Code); ok {
			last = code.Text
		}
	}
	return last
}
