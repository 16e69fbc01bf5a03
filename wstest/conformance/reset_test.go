package conformance_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/wstest/conformance"
)

// A server that a reset brings down is found, however well it does otherwise.
func TestResetThatTakesTheServerDownIsFound(t *testing.T) {
	for fragile, passed := range map[bool]bool{false: true, true: false} {
		for _, c := range conformance.Cases() {
			if !numbers("21.45.7 21.45.8 21.45.9 21.45.10 21.45.11")(c) {
				continue
			}
			var connections atomic.Int32
			down := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if connections.Add(1) > 1 && fragile {
					http.Error(w, "down", http.StatusServiceUnavailable)
					return
				}
				faulty{fault: none}.ServeHTTP(w, r)
			})
			run := playServer(t, down, []conformance.Case{c})
			require.Equal(t, passed, run.Results[0].Passed, "%v", run.Results[0])
			if fragile {
				require.Contains(t, run.Results[0].Why, "on another connection")
			}
		}
	}
}
