package flow

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSwitchForgetsRunsThatHaveEnded(t *testing.T) {
	var k KillSwitch
	start := func(context.Context, func(int) error, func(error)) { panic("oops") }
	for _, in := range []Source[int]{Of(1), Fail[int](ErrEmpty), NewSource("panics at the start", start)} {
		func() {
			defer func() { _ = recover() }()
			_, _ = Collect(t.Context(), Killable(in, &k))
		}()
		require.Empty(t, k.runs)
	}
}
