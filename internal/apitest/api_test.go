package apitest_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wsflow/wsflow/internal/apitest"
)

const (
	module = "github.com/wsflow/wsflow"
	root   = "../.."
	texts  = root + "/api"
	hint   = "if the change is meant: go test ./internal/apitest -update"
)

var update = flag.Bool("update", false, "write the texts in api/ anew")

func TestPublicSurfaceIsTheOneInReview(t *testing.T) {
	surfaces, err := apitest.Surfaces(root, module)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range surfaces {
		if *update {
			write(t, file(name), got)
			continue
		}
		want, err := os.ReadFile(file(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			t.Errorf("package %s is public and has no text in api/; %s", name, hint)
		case err != nil:
			t.Error(err)
		default:
			if diff := apitest.Diff(string(want), got); diff != "" {
				t.Errorf("the surface of package %s differs from api/%s.txt:\n%s%s", name, name, diff, hint)
			}
		}
	}
	for _, name := range kept(t) {
		switch _, ok := surfaces[name]; {
		case ok:
		case *update:
			if err := os.Remove(file(name)); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("api/%s.txt is of no public package; %s", name, hint)
		}
	}
}

func file(name string) string { return filepath.Join(texts, filepath.FromSlash(name)+".txt") }

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// kept returns the packages that api/ has texts of.
func kept(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(texts, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		inside, err := filepath.Rel(texts, path)
		names = append(names, strings.TrimSuffix(filepath.ToSlash(inside), ".txt"))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return names
}
