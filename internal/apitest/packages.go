package apitest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Surfaces returns the surface of every public package of the module in root, by the package's path inside it.
// Packages that nobody can import are left out (internal ones, commands), and so are modules of their own.
func Surfaces(root, module string) (map[string]string, error) {
	surfaces := make(map[string]string)
	err := filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if dir != root && !mayBePublic(dir, entry.Name()) {
			return filepath.SkipDir
		}
		inside, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		inside = filepath.ToSlash(inside)
		text, err := Surface(dir, path.Join(module, inside))
		if err != nil {
			return err
		}
		if text != "" {
			surfaces[inside] = text
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("apitest: %w", err)
	}
	return surfaces, nil
}

func mayBePublic(dir, name string) bool {
	if name == "internal" || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err != nil
}
