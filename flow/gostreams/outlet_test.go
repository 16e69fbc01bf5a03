package gostreams_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	gsflow "github.com/reugn/go-streams/flow"
	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/flow/gostreams"
)

func ExampleAsSource() {
	src := gostreams.AsSource(context.Background(), flow.Of(1, 2, 3))
	for v := range src.Via(gsflow.NewMap(tenfold, 1)).Out() {
		fmt.Println(v)
	}
	fmt.Println(src.Err())
	// Output:
	// 10
	// 20
	// 30
	// <nil>
}

func TestOutletClosesWhateverTheStreamEndsWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := flow.Map(flow.Of(2), func(int) int { panic("oops") })
		var p *flow.PanicError
		for _, test := range []struct {
			name string
			src  ints
			want []any
			is   func(error)
		}{
			{"complete", flow.Of(1), []any{1}, func(err error) { require.NoError(t, err) }},
			{"failed", flow.Concat(flow.Of(1), flow.Fail[int](errTest)), []any{1}, func(err error) { require.Equal(t, errTest, err) }},
			{"panics", flow.Concat(flow.Of(1), panics), []any{1}, func(err error) { require.ErrorAs(t, err, &p) }},
		} {
			o := gostreams.AsSource(t.Context(), test.src)
			var got []any
			for v := range o.Out() {
				got = append(got, v)
			}
			require.Equal(t, test.want, got, test.name)
			test.is(o.Err())
		}
	})
}

func TestCancellingEndsAnOutletThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		o := gostreams.AsSource(ctx, flow.Of(1, 2, 3))
		synctest.Wait()
		require.NoError(t, o.Err(), "it is still at work")
		cancel(errTest)
		for range o.Out() {
		}
		require.Equal(t, errTest, o.Err())
	})
}
