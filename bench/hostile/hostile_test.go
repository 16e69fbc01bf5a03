package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
)

// TestMain lets the test's own program be the server and the hostile peers.
func TestMain(m *testing.M) {
	if playRole() {
		return
	}
	os.Exit(m.Run())
}

func TestHonestPeersAreAnsweredBesideHostileOnes(t *testing.T) {
	for _, http := range []bool{false, true} {
		p := &plan{
			peers: 70, honest: 5, kinds: []string{mix}, rounds: 1, phase: 500 * time.Millisecond, rate: 100,
			settings: []string{"production"}, http: http, bound: 1 << 20,
		}
		rows, err := p.measure(t.Context(), "production")
		require.NoError(t, err)
		require.Empty(t, p.judge(rows))
		require.Len(t, rows, 1)
		require.Positive(t, rows[0].Peak)
		require.Positive(t, rows[0].Answers)
	}
}

func TestAnHonestErrorAndTooMuchMemoryAreFailures(t *testing.T) {
	p := &plan{bound: 1000}
	require.Empty(t, p.judge([]*row{{Kind: mix, Peak: 1, PerPeer: 1000}}))
	require.Len(t, p.judge([]*row{{Kind: mix, Peak: 1, HonestErrors: 1}}), 1)
	require.Len(t, p.judge([]*row{{Kind: mix, Peak: 1, PerPeer: 1001}}), 1)
	require.Len(t, p.judge([]*row{{Kind: mix}}), 1, "nothing was measured")
}

func TestAnUnknownKindIsRefused(t *testing.T) {
	require.Error(t, run(context.Background(), []string{"-kinds", "angels"}, new(bytes.Buffer)))
	require.Error(t, run(context.Background(), []string{"-settings", "mild"}, new(bytes.Buffer)))
}

func TestTheShortVersionIsOneRoundOfTheMix(t *testing.T) {
	p, err := parsePlan([]string{"-short"})
	require.NoError(t, err)
	require.Equal(t, []string{mix}, p.kinds)
	require.Equal(t, []string{"production"}, p.settings)
}

// What the hostile peers send is right as far as it goes: the server is to end them for what they do, and not for a typing error.
func TestHostileFramesAreRightUpToWhatIsHostile(t *testing.T) {
	for name, frames := range map[string][][]byte{
		"pings": {pings[1], pings[1]}, "fragments": {fragments[0], fragments[1], fragments[1]}, "question": {question}, "goodbye": {leave},
	} {
		var r protocol.Reader
		r.Init(protocol.ReaderConfig{Role: protocol.Server, MaxMessage: 1 << 20})
		rest := slices.Concat(frames...)
		for len(rest) > 0 {
			_, n, err := r.Next(rest)
			require.NoError(t, err, name)
			rest = rest[n:]
		}
	}
	require.Less(t, len(explosive), 17<<10)
	require.Equal(t, byte(fin|rsv1|opBinary), explosive[0])
}
