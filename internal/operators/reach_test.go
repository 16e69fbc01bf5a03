package operators

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A declaration is a function or variable at the top of a test file, and what it mentions.
type declaration struct {
	operators []string // of the package under test
	others    []string // declarations of the tests
}

// reach returns, for each function in a directory's tests, the operators that it uses of
// package pkg, itself or through others.
func reach(t *testing.T, dir, pkg string) map[string]map[string]bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	require.NoError(t, err)
	all := map[string]*declaration{}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			mentions(decl, pkg, all)
		}
	}
	reached := map[string]map[string]bool{}
	for name := range all {
		seen := map[string]bool{}
		found := map[string]bool{}
		follow(name, all, seen, found)
		reached[name] = found
	}
	return reached
}

func mentions(decl ast.Decl, pkg string, all map[string]*declaration) {
	d := &declaration{}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == pkg {
				d.operators = append(d.operators, n.Sel.Name)
			}
		case *ast.Ident:
			d.others = append(d.others, n.Name)
		}
		return true
	})
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		add(all, decl.Name.Name, d)
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, name := range v.Names {
					add(all, name.Name, d)
				}
			}
		}
	}
}

// add adds to what is known of a name: there may be several of init, and of a method.
func add(all map[string]*declaration, name string, d *declaration) {
	if known := all[name]; known != nil {
		d = &declaration{slices.Concat(known.operators, d.operators), slices.Concat(known.others, d.others)}
	}
	all[name] = d
}

func follow(name string, all map[string]*declaration, seen, found map[string]bool) {
	d := all[name]
	if d == nil || seen[name] {
		return
	}
	seen[name] = true
	for _, op := range d.operators {
		found[op] = true
	}
	for _, other := range d.others {
		follow(other, all, seen, found)
	}
}
