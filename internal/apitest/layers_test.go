package apitest

import (
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wsflow/wsflow/"

// below says which of our packages each layer may import; ARCHITECTURE.md has the reasons.
var below = map[string][]string{
	"flow":                {"internal/bucket"},
	"flow/flowtest":       {"flow"},
	"flow/framing":        {"flow"},
	"flow/picture":        {"flow"},
	"protocol":            {},
	"protocol/deflate":    {"protocol"},
	"protocol/driver":     {"protocol"},
	"protocol/hixie":      {"protocol"},
	"message":             {"flow", "protocol"},
	"hub":                 {"flow", "protocol"},
	"upgrade":             {"flow", "message", "protocol", "protocol/deflate", "internal/bucket"},
	"upgrade/hixie":       {"flow", "message", "protocol", "protocol/hixie", "upgrade"},
	"routing":             {"upgrade"},
	"reconnect":           {"flow", "hub", "message", "protocol", "upgrade"},
	"frames":              {"flow", "protocol", "upgrade"},
	"observe":             {"protocol", "upgrade"},
	"debug":               {"flow", "flow/picture", "upgrade"},
	"wstest":              {"flow", "message", "protocol", "upgrade", "routing", "internal/faults", "internal/wire"},
	"wstest/conformance":  {"flow", "message", "protocol", "protocol/deflate", "upgrade", "wstest"},
	"internal/bucket":     {},
	"internal/faults":     {"internal/wire"},
	"internal/wire":       {},
	"internal/selfsigned": {},

	// Only tests.
	"internal/hostile":      {},
	"internal/requirements": {},
	"internal/operators":    {},
	"internal/panics":       {},
	"internal/stress":       {},
}

func TestPackagesImportOnlyWhatStandsBelowThem(t *testing.T) {
	for layer, allowed := range below {
		dir := filepath.Join("..", "..", filepath.FromSlash(layer))
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, entry := range entries {
			if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, spec := range file.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if ours, ok := strings.CutPrefix(name, module); ok {
					require.True(t, slices.Contains(allowed, ours), "%s imports %s", path.Join(layer, entry.Name()), ours)
				}
				if strings.HasPrefix(layer, "flow") || layer == "hub" || strings.HasPrefix(layer, "protocol") || layer == "message" {
					require.False(t, name == "net" || strings.HasPrefix(name, "net/http"), "%s imports %s", layer, name)
				}
			}
		}
	}
}
