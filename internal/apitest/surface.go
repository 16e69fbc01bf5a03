package apitest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// Surface returns the exported declarations of the package in dir, as Go without comments: constants,
// variables, functions, and then each type with its constants, variables, constructors and methods. The order
// is that of the names, so that moving a declaration to another file changes nothing. A package without any, or
// a command, gives "".
func Surface(dir, importPath string) (string, error) {
	fset := token.NewFileSet()
	files, err := parse(fset, dir)
	if err != nil {
		return "", err
	}
	if len(files) == 0 || files[0].Name.Name == "main" {
		return "", nil
	}
	pkg, err := doc.NewFromFiles(fset, files, importPath)
	if err != nil {
		return "", fmt.Errorf("apitest: %w", err)
	}
	s := surface{fset: fset}
	s.values(pkg.Consts)
	s.values(pkg.Vars)
	s.funcs(pkg.Funcs)
	for _, t := range pkg.Types {
		s.decl(t.Decl)
		s.values(t.Consts)
		s.values(t.Vars)
		s.funcs(t.Funcs)
		s.funcs(t.Methods)
	}
	if s.err != nil || len(s.decls) == 0 {
		return "", s.err
	}
	return "package " + pkg.Name + "\n\n" + strings.Join(s.decls, "\n"), nil
}

// parse reads the files that a build for Linux on amd64 has: the surface is the same everywhere.
func parse(fset *token.FileSet, dir string) ([]*ast.File, error) {
	target := build.Default
	target.GOOS, target.GOARCH, target.CgoEnabled = "linux", "amd64", false
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	var files []*ast.File
	for _, name := range names {
		built, err := target.MatchFile(dir, filepath.Base(name))
		if err != nil {
			return nil, fmt.Errorf("apitest: %w", err)
		}
		if !built || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("apitest: %w", err)
		}
		files = append(files, file)
	}
	return files, nil
}

// A surface collects declarations as texts.
type surface struct {
	fset  *token.FileSet
	decls []string
	err   error
}

// values adds constants or variables; of several declarations, in the order of their texts.
func (s *surface) values(values []*doc.Value) {
	start := len(s.decls)
	for _, v := range values {
		s.decl(v.Decl)
	}
	slices.Sort(s.decls[start:])
}

// funcs adds functions or methods, which go/doc has in the order of their names.
func (s *surface) funcs(funcs []*doc.Func) {
	for _, f := range funcs {
		f.Decl.Body = nil
		s.decl(f.Decl)
	}
}

// decl adds a declaration, without the empty lines in it, which are where comments and hidden things were.
func (s *surface) decl(decl ast.Decl) {
	var text bytes.Buffer
	err := format.Node(&text, s.fset, decl)
	lines := slices.DeleteFunc(strings.Split(text.String(), "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	formatted, again := format.Source([]byte(strings.Join(lines, "\n") + "\n"))
	if err := errors.Join(err, again); err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("apitest: %w", err))
	}
	s.decls = append(s.decls, string(formatted))
}
