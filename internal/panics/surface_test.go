package panics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain are functions that make a stream without being an operator: engines use them.
var plain = []string{"NewSource", "NewSink", "Operator"}

// places returns, for every operator, the places where code of a user's is called: its parameters that are functions, streams and
// what is made of them, what its functions return of that kind, with (), its input and what follows it, emit.
func places(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, dir := range []string{"flow", "flow/framing"} {
		names, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*.go"))
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil || slices.Contains(plain, f.Name.Name) {
					continue
				}
				result := typeName(f.Type.Results.List[0].Type)
				if !isStream(result) {
					continue
				}
				operator := f.Name.Name
				if dir != "flow" {
					operator = filepath.Base(dir) + "." + operator
				}
				found[operator] = placesOf(f.Type, result)
			}
		}
	}
	require.Greater(t, len(found), 100)
	return found
}

func placesOf(f *ast.FuncType, result string) (all []string) {
	switch result {
	case "Source":
		all = append(all, "emit")
	case "Flow", "Bidi":
		all = append(all, "in", "emit")
	case "Sink":
		all = append(all, "in")
	}
	for _, param := range f.Params.List {
		for _, name := range param.Names {
			typ := param.Type
			if many, ok := typ.(*ast.Ellipsis); ok {
				typ = many.Elt
			}
			switch kind := typeName(typ); {
			case kind == "RestartSettings":
				all = append(all, "RestartOn", "Rand")
			case isStream(kind), kind == "Prioritized", kind == "Logger", kind == "func":
				all = append(all, name.Name)
			}
			if made, ok := typ.(*ast.FuncType); ok && made.Results != nil && isStream(typeName(made.Results.List[0].Type)) {
				all = append(all, name.Name+"()")
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func isStream(name string) bool {
	return slices.Contains([]string{"Source", "Flow", "Sink", "Bidi", "Seq"}, name)
}

// typeName returns the name of a type without its package, pointer and parameters.
func typeName(typ ast.Expr) string {
	switch t := typ.(type) {
	case *ast.FuncType:
		return "func"
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// Every place of every operator is one where the tests let a panic happen. A new operator, or a new parameter, needs a rig.
func TestEveryPlaceOfEveryOperatorHasItsPanic(t *testing.T) {
	want := places(t)
	for operator, at := range want {
		if _, ok := rigs[operator]; !ok {
			t.Errorf("%s has no rig (%v)", operator, at)
		}
	}
	for operator := range rigs {
		if _, ok := want[operator]; !ok {
			t.Errorf("there is no operator %s", operator)
		}
	}
}
