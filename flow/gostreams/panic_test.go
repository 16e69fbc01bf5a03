package gostreams_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/reugn/go-streams"
	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

const panicking = "GOSTREAMS_TEST_PANICS"

// With the variable set, the program runs a chain in which a function panics.
func TestMain(m *testing.M) {
	if os.Getenv(panicking) == "" {
		os.Exit(m.Run())
	}
	defer func() { _ = recover() }() // in vain
	chain := through(func(_ context.Context, in streams.Source) streams.Flow {
		return in.Via(gsflow.NewMap(func(int) int { panic("nobody can catch this") }, 1))
	})
	_, _ = flow.Collect(context.Background(), chain(flow.Of(1)))
}

func TestPanicInAChainEndsTheProgram(t *testing.T) {
	program := exec.CommandContext(t.Context(), os.Args[0])
	program.Env = append(os.Environ(), panicking+"=1")
	output, err := program.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Contains(t, string(output), "panic: nobody can catch this")
}
