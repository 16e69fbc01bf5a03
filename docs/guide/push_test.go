package guide_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

// clock pushes the time each second. What the client says is taken and forgotten.
func clock() upgrade.Handler {
	times := flow.Map(flow.Tick(time.Second), func(now time.Time) message.Message {
		return message.Text(now.UTC().Format(time.TimeOnly))
	})
	return flow.FromSinkAndSource(flow.Ignore[message.Message](), times)
}

func TestClock(t *testing.T) {
	talk(t, new(upgrade.Upgrader), clock(), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.ExpectText("00:00:01") // a bubble of synctest begins at midnight
		probe.SendText("ignored")
		probe.ExpectText("00:00:02")
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}

// A jobs server tells the one who has started a job how it goes on.
type jobs struct {
	start func(progress func(percent int), done func(error))
}

func (j *jobs) serve(q *upgrade.Request) (upgrade.Handler, error) {
	if q.PathValue("job") == "" {
		return nil, upgrade.Reject(http.StatusNotFound, "no such job")
	}
	return func(in flow.Source[message.Message]) flow.Source[message.Message] {
		events := flow.Lazy(func(context.Context) (flow.Source[message.Message], error) {
			queue := flow.NewQueueWith[message.Message](16, flow.DropOldest)
			j.start(
				func(percent int) { queue.Offer(message.Text(strconv.Itoa(percent) + "%")) },
				queue.Fail, // nil completes the stream, and so closes the connection with 1000
			)
			return queue.Source(), nil
		})
		return flow.FromSinkAndSource(flow.Ignore[message.Message](), events)(in)
	}, nil
}

func TestJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &jobs{start: func(progress func(int), done func(error)) {
			go func() {
				for percent := range slices.Values([]int{0, 50, 100}) {
					progress(percent)
					time.Sleep(time.Second)
				}
				done(nil)
			}()
		}}
		var ws upgrade.Upgrader
		mux := http.NewServeMux()
		mux.Handle("GET /jobs/{job}", ws.HandlerFunc(j.serve))
		probe := wstest.NewServer(t, mux).Probe("/jobs/1")
		probe.ExpectText("0%")
		probe.ExpectText("50%")
		probe.ExpectText("100%")
		probe.ExpectClose(1000)
	})
}

// countdown is a source of one's own: a loop with emit.
func countdown(from int) flow.Source[string] {
	return flow.FromFunc(func(ctx context.Context, emit func(string) error) error {
		for n := from; n > 0; n-- {
			if err := emit(strconv.Itoa(n)); err != nil {
				return err // what follows wants no more
			}
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return emit("lift-off")
	})
}

func TestCountdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		out, err := flow.Collect(t.Context(), countdown(3))
		require.NoError(t, err)
		require.Equal(t, []string{"3", "2", "1", "lift-off"}, out)
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

// all pushes all there is, and leaves it to the client to close.
func all(values flow.Source[message.Message]) upgrade.Handler {
	return flow.FromSinkAndSource(flow.Ignore[message.Message](), flow.Concat(values, flow.Never[message.Message]()))
}

func TestConcatNeverStaysOpen(t *testing.T) {
	talk(t, new(upgrade.Upgrader), all(flow.Of(message.Text("a"))), func(_ *testing.T, probe *wstest.WSProbe) {
		probe.ExpectText("a")
		probe.ExpectNoMessage(time.Hour)
		probe.SendCompletion()
		probe.ExpectCompletion()
	})
}

// alarms answers what the client asks, and pushes alarms on the same connection.
func alarms(pushed flow.Source[string]) upgrade.Handler {
	return message.TextOnly(func(asked flow.Source[string]) flow.Source[string] {
		return flow.MergeWhile(flow.Map(asked, strings.ToUpper), pushed)
	})
}

func TestAlarms(t *testing.T) {
	pushed := flow.Map(flow.Tick(time.Hour), func(time.Time) string { return "alarm" })
	talk(t, new(upgrade.Upgrader), alarms(pushed), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a")
		probe.ExpectText("A")
		probe.Timeout = 2 * time.Hour
		probe.ExpectText("alarm")
		probe.SendText("b")
		probe.ExpectText("B")
		start := time.Now()
		probe.SendCompletion()
		probe.ExpectCompletion()
		require.Zero(t, time.Since(start), "at once, and not after CloseGrace")
	})
}

// Without the switch the pushes hold the end up.
func TestMergeWithoutSwitchTakesCloseGrace(t *testing.T) {
	pushed := flow.Map(flow.Tick(time.Hour), func(time.Time) string { return "alarm" })
	h := message.TextOnly(func(asked flow.Source[string]) flow.Source[string] { return flow.Merge(asked, pushed) })
	talk(t, new(upgrade.Upgrader), h, func(t *testing.T, probe *wstest.WSProbe) {
		start := time.Now()
		probe.Timeout = time.Minute
		probe.SendCompletion()
		probe.ExpectCompletion()
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

type price struct {
	Symbol string `json:"symbol"`
	Cents  int    `json:"cents"`
}

// newest sends the newest price of each symbol: prices that come while the client is slow take the place of older ones.
func newest(prices flow.Source[price]) flow.Source[map[string]int] {
	return flow.ConflateWithSeed(prices,
		func(p price) map[string]int { return map[string]int{p.Symbol: p.Cents} },
		func(all map[string]int, p price) map[string]int { all[p.Symbol] = p.Cents; return all })
}

func TestConflationBehindASlowClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prices := flow.Map(flow.Take(flow.Tick(time.Second), 10), func(now time.Time) price {
			return price{[]string{"ACME", "INIT"}[now.Second()%2], now.Second()}
		})
		var got []map[string]int
		require.NoError(t, newest(prices).Run(t.Context(), func(m map[string]int) error {
			got = append(got, m)
			time.Sleep(4400 * time.Millisecond)
			return nil
		}))
		require.Equal(t, []map[string]int{{"INIT": 1}, {"ACME": 4, "INIT": 5}, {"ACME": 8, "INIT": 9}, {"ACME": 10}}, got)
	})
}

// impatient sends a client away that does not take a value for 10 s.
func impatient(prices flow.Source[price]) flow.Source[price] {
	buffered := flow.Buffer(prices, 64, flow.DropOldest)
	timed := flow.BackpressureTimeout(buffered, 10*time.Second)
	return flow.MapError(timed, func(error) error { return &upgrade.CloseError{Code: 1013, Reason: "too slow"} })
}

func TestImpatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		prices := flow.Map(flow.Tick(time.Second), func(time.Time) price { return price{} })
		n := 0
		err := impatient(prices).Run(t.Context(), func(price) error {
			if n++; n == 3 {
				time.Sleep(time.Minute)
			}
			return nil
		})
		require.EqualError(t, err, (&upgrade.CloseError{Code: 1013, Reason: "too slow"}).Error())
		require.Equal(t, 3, n)
	})
}

// tokens streams the answer to the newest prompt: a new prompt cancels the answer before, and an empty one only that.
func tokens(generate func(ctx context.Context, prompt string, emit func(string) error) error) upgrade.Handler {
	return message.TextOnly(flow.Coupled(func(prompts flow.Source[string]) flow.Source[string] {
		return flow.SwitchMap(prompts, func(prompt string) flow.Source[string] {
			if prompt == "" {
				return flow.Of("[cancelled]")
			}
			words := flow.FromFunc(func(ctx context.Context, emit func(string) error) error { return generate(ctx, prompt, emit) })
			return flow.Concat(words, flow.Of("[done]"))
		})
	}))
}

func TestTokens(t *testing.T) {
	running := 0
	generate := func(ctx context.Context, prompt string, emit func(string) error) error {
		running++
		defer func() { running-- }()
		for word := range strings.FieldsSeq(prompt) {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			if err := emit(word); err != nil {
				return err
			}
		}
		return nil
	}
	talk(t, new(upgrade.Upgrader), tokens(generate), func(t *testing.T, probe *wstest.WSProbe) {
		probe.SendText("a b")
		probe.ExpectText("a")
		probe.ExpectText("b")
		probe.ExpectText("[done]")
		probe.SendText("c d e f")
		probe.ExpectText("c")
		probe.SendText("g")
		probe.ExpectText("g")
		probe.ExpectText("[done]")
		probe.SendText("h i")
		probe.ExpectText("h")
		probe.SendText("")
		probe.ExpectText("[cancelled]")
		probe.ExpectNoMessage(time.Minute)
		require.Zero(t, running)
		probe.SendText("j k")
		synctest.Wait()
		require.Equal(t, 1, running)
		start := time.Now()
		probe.SendClose(1001, "")
		probe.ExpectClose(1001)
		require.Zero(t, time.Since(start))
		require.Zero(t, running)
	})
	require.Zero(t, running)
}

func Example_sources() {
	ctx := context.Background()
	lines := flow.FromSeq(strings.Lines("a\nb\n"))
	c := make(chan string, 1)
	c <- "c"
	close(c)
	out, err := flow.Collect(ctx, flow.Concat(flow.Map(lines, strings.TrimSpace), flow.FromChan(c)))
	fmt.Println(out, err)
	// Output: [a b c] <nil>
}
