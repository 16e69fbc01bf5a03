package flow_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

// textLogger writes records without their time.
func textLogger(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return a
		},
	}))
}

func ExampleLog() {
	logger := textLogger(os.Stdout, slog.LevelDebug)
	_, _ = flow.Collect(context.Background(), flow.Log(flow.Of("Ada", "Grace"), logger, "names"))
	// Output:
	// level=DEBUG msg="stream value" stream=names value=Ada
	// level=DEBUG msg="stream value" stream=names value=Grace
	// level=DEBUG msg="stream complete" stream=names values=2
}

func TestLogKeepsTheLaws(t *testing.T) {
	f := func(in ints) ints { return flow.Log(in, slog.New(slog.DiscardHandler), "numbers") }
	keepsTheLaws(t, f, []int{1, 2, 3}, []int{1, 2, 3})
	keepsTheLaws(t, f, nil, nil)
	holds(t, func(in flow.Source[*flowHeld]) flow.Source[*flowHeld] {
		return flow.Log(in, slog.New(slog.DiscardHandler), "held")
	})
}

// A leavingHandler does not come back from a record whose message it knows.
type leavingHandler struct {
	slog.Handler
	message string
	leave   func()
}

func (h leavingHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == h.message {
		h.leave()
	}
	return nil
}

func TestLogHandsOnThePanicsOfItsHandler(t *testing.T) {
	for _, message := range []string{"stream value", "stream complete"} {
		panicsTravel(t, func(in ints, leave func()) ints {
			handler := leavingHandler{textLogger(io.Discard, slog.LevelDebug).Handler(), message, leave}
			return flow.Log(in, slog.New(handler), "numbers")
		})
	}
}

// lastRecord returns what the end of a run is logged as.
func lastRecord(ctx context.Context, in ints, emit func(int) error) string {
	var out strings.Builder
	func() {
		defer func() { _ = recover() }()
		_ = flow.Log(in, textLogger(&out, slog.LevelDebug), "numbers").Run(ctx, emit)
	}()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1]
}

func TestLogTellsEndingsApart(t *testing.T) {
	fine := func(int) error { return nil }
	require.Equal(t, `level=DEBUG msg="stream complete" stream=numbers values=1`,
		lastRecord(t.Context(), flow.Of(1), fine))
	require.Equal(t, `level=ERROR msg="stream failed" stream=numbers values=1 error="it broke"`,
		lastRecord(t.Context(), flow.Concat(flow.Of(1), flow.Fail[int](errTest)), fine))
	require.Equal(t, `level=DEBUG msg="stream stopped" stream=numbers values=1 error="it broke"`,
		lastRecord(t.Context(), flow.Of(1, 2), func(int) error { return errTest }))
	require.Equal(t, `level=ERROR msg="stream failed" stream=numbers values=1 error="flow: panic: oops"`,
		lastRecord(t.Context(), flow.Of(1), func(int) error { panic("oops") }))

	ctx, cancel := context.WithCancelCause(t.Context())
	require.Equal(t, `level=DEBUG msg="stream cancelled" stream=numbers values=1 error="it broke"`,
		lastRecord(ctx, flow.Of(1, 2), func(int) error {
			cancel(errTest)
			return nil
		}))
}

func TestLogAboveDebugTellsOfFailuresOnly(t *testing.T) {
	var out strings.Builder
	_, err := flow.Collect(t.Context(), flow.Log(flow.Of(1), textLogger(&out, slog.LevelInfo), "numbers"))
	require.NoError(t, err)
	require.Empty(t, out.String())
	_, err = flow.Collect(t.Context(), flow.Log(flow.Fail[int](errTest), textLogger(&out, slog.LevelInfo), "numbers"))
	require.Equal(t, errTest, err)
	require.Equal(t, "level=ERROR msg=\"stream failed\" stream=numbers values=0 error=\"it broke\"\n", out.String())
}

func TestLogWithoutALoggerTakesTheDefault(t *testing.T) {
	defer log.SetFlags(log.Flags()) // which SetDefault changes, and does not change back
	defer log.SetOutput(log.Writer())
	defer slog.SetDefault(slog.Default())
	var out strings.Builder
	slog.SetDefault(textLogger(&out, slog.LevelDebug))
	_, err := flow.Collect(t.Context(), flow.Log(flow.Of[int](), nil, "numbers"))
	require.NoError(t, err)
	require.Contains(t, out.String(), "stream complete")
}

func logged(level slog.Level) flow.Flow[int, int] {
	return func(in ints) ints { return flow.Log(in, textLogger(io.Discard, level), "numbers") }
}

func TestLogThatIsNotEnabledDoesNotAllocate(t *testing.T) {
	require.Zero(t, allocations(logged(slog.LevelInfo)))
}

func BenchmarkLog(b *testing.B) {
	b.Run("disabled", func(b *testing.B) { benchmark(b, logged(slog.LevelInfo)) })
	b.Run("enabled", func(b *testing.B) { benchmark(b, logged(slog.LevelDebug)) })
}
