package flow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
)

func ExampleUnfoldResource() {
	open := func(context.Context) ([]string, error) { return []string{"one", "two"}, nil } // a file, say
	i := 0
	read := func(_ context.Context, lines []string) (string, error) {
		if i == len(lines) {
			return "", io.EOF
		}
		i++
		return lines[i-1], nil
	}
	closed := func([]string) error {
		fmt.Println("closed")
		return nil
	}
	fmt.Println(flow.Collect(context.Background(), flow.UnfoldResource(open, read, closed)))
	// Output:
	// closed
	// [one two] <nil>
}

// A testResource has the values 0 to n-1 and counts what is done with it.
type testResource struct {
	n, next          int
	readErr, shutErr error
	closed           int
}

func (r *testResource) open(context.Context) (*testResource, error) { return r, nil }

func (r *testResource) read(context.Context, *testResource) (int, error) {
	if r.next == r.n {
		return 0, r.readErr
	}
	r.next++
	return r.next - 1, nil
}

func (r *testResource) close(*testResource) error {
	r.closed++
	return r.shutErr
}

func (r *testResource) source() ints { return flow.UnfoldResource(r.open, r.read, r.close) }

func TestUnfoldResourceKeepsTheLaws(t *testing.T) {
	for want, n := range map[int][]int{0: nil, 3: {0, 1, 2}} {
		sourceKeepsTheLaws(t, func() ints {
			return flow.UnfoldResource(
				func(context.Context) (*testResource, error) { return &testResource{n: want, readErr: io.EOF}, nil },
				func(ctx context.Context, r *testResource) (int, error) { return r.read(ctx, r) },
				func(*testResource) error { return nil },
			)
		}, n)
	}
}

func TestPanicInAFunctionOfUnfoldResourceTravels(t *testing.T) {
	panicsTravel(t, func(_ ints, leave func()) ints {
		r := &testResource{n: 1, readErr: io.EOF}
		return flow.UnfoldResource(func(context.Context) (*testResource, error) {
			leave()
			return nil, nil
		}, r.read, r.close)
	})
	panicsTravel(t, func(_ ints, leave func()) ints {
		r := &testResource{n: 1, readErr: io.EOF}
		return flow.UnfoldResource(r.open, func(context.Context, *testResource) (int, error) {
			leave()
			return 0, nil
		}, r.close)
	})
	panicsTravel(t, func(_ ints, leave func()) ints {
		r := &testResource{n: 1, readErr: io.EOF}
		return flow.UnfoldResource(r.open, r.read, func(*testResource) error {
			leave()
			return nil
		})
	})
}

func TestResourceIsClosedOnceWhicheverWayItsRunEnds(t *testing.T) {
	errShut := errors.New("it does not close")
	runWith := func(r *testResource, emit func(context.CancelCauseFunc) error) (err error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		defer func() {
			if p, ok := recover().(*flow.PanicError); ok {
				err = p
			}
		}()
		return r.source().Run(ctx, func(int) error { return emit(cancel) })
	}
	takes := func(context.CancelCauseFunc) error { return nil }
	for _, test := range []struct {
		name string
		r    testResource
		emit func(context.CancelCauseFunc) error
		want error
	}{
		{"complete", testResource{n: 2, readErr: io.EOF}, takes, nil},
		{"complete, and close fails", testResource{n: 2, readErr: io.EOF, shutErr: errShut}, takes, errShut},
		{"failed", testResource{n: 2, readErr: errTest}, takes, errTest},
		{"failed, and close fails", testResource{n: 2, readErr: errTest, shutErr: errShut}, takes, errTest},
		{"stopped, and close fails", testResource{n: 2, readErr: io.EOF, shutErr: errShut}, func(context.CancelCauseFunc) error { return errTest }, errTest},
		{"cancelled, and close fails", testResource{n: 2, readErr: io.EOF, shutErr: errShut}, func(cancel context.CancelCauseFunc) error {
			cancel(errTest)
			return nil
		}, errTest},
		{"panic", testResource{n: 2, readErr: io.EOF, shutErr: errShut}, func(context.CancelCauseFunc) error { panic(errTest) }, errTest},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.ErrorIs(t, runWith(&test.r, test.emit), test.want)
			require.Equal(t, 1, test.r.closed)
		})
	}
}

func TestResourceThatDoesNotOpenIsNotClosed(t *testing.T) {
	r := &testResource{}
	source := flow.UnfoldResource(func(context.Context) (*testResource, error) { return nil, errTest }, r.read, r.close)
	_, err := flow.Collect(t.Context(), source)
	require.Equal(t, errTest, err)
	require.Zero(t, r.closed)
}

func TestCancelledOpenEndsWithTheCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r := &testResource{}
	source := flow.UnfoldResource(func(ctx context.Context) (*testResource, error) {
		cancel(errTest)
		return nil, ctx.Err()
	}, r.read, r.close)
	_, err := flow.Collect(ctx, source)
	require.Equal(t, errTest, err)
}

func BenchmarkUnfoldResource(b *testing.B) {
	benchmark(b, func(ints) ints { return (&testResource{n: b.N, readErr: io.EOF}).source() })
}
