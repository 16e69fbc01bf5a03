package conformance_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

// A handler in a Go test, as the package's documentation shows it.
func TestEcho(t *testing.T) {
	var ws upgrade.Upgrader
	s := wstest.NewServer(t, ws.Handler(echo), wstest.Wire{TCP: true})
	server := conformance.Server{URL: s.URL("/"), Parallel: 8}
	run := server.Run(t.Context(), conformance.Cases())
	t.Log(run.Count(), "cases,", run.Passed(), "passed,", run.Uncompressed(), "without compression")
	for _, result := range run.Failed() {
		t.Error(result)
	}
}

func TestCodeInTheDocumentationIsCompiled(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	source, err := os.ReadFile("handlerexample_test.go")
	require.NoError(t, err)
	_, code, _ := strings.Cut(string(source), "func TestEcho")
	code, _, _ = strings.Cut("func TestEcho"+code, "\n}\n")
	require.Contains(t, string(doc), "//\t"+strings.ReplaceAll(code, "\n", "\n//\t")+"\n//\t}\n")
}
