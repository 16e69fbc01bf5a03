// Table measures the operators of package flow beside what does the same, all in one process, and prints a line for each.
//
//	go run ./flow/table [-rounds 15] [-values 100000] [-turn 5ms] [-run 'Map|Merge']
//
// In each round every way has its turn, one after the other, so that what else the machine does meets all of them. A figure
// is the best of the rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/wsflow/wsflow/bench/flow/operators"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("table", flag.ContinueOnError)
	rounds := flags.Int("rounds", 15, "measure so many `times`")
	values := flags.Int("values", 100_000, "send so many `values` in each run")
	turn := flags.Duration("turn", 5*time.Millisecond, "have each way run for so `long` at least in a round")
	only := flags.String("run", "", "measure only the operators whose name matches this `pattern`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	var tables [2]table
	for _, c := range operators.All() {
		if !pattern.MatchString(c.Name) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.Check(ctx, *values); err != nil {
			return err
		}
		which := 0
		if c.Async {
			which = 1
		}
		tables[which] = append(tables[which], measure(ctx, c, *values, *rounds, *turn))
	}
	fmt.Fprint(out, tables[0].synchronous(), "\n", tables[1].asynchronous())
	return nil
}

// A figure is what a value costs.
type figure struct{ ns, allocs float64 }

// A line has the figures of an operator, by the names of the ways.
type line struct {
	name string
	ways map[string]figure
}

type table []line

func measure(ctx context.Context, c operators.Case, values, rounds int, turn time.Duration) line {
	l := line{name: c.Name, ways: make(map[string]figure)}
	for range rounds {
		for _, w := range c.Ways() {
			now := once(ctx, w.Run, values, turn)
			best, ok := l.ways[w.Name]
			if !ok {
				best = now
			}
			l.ways[w.Name] = figure{min(best.ns, now.ns), min(best.allocs, now.allocs)}
		}
	}
	return l
}

// once measures runs of one way, after one that is not measured.
func once(ctx context.Context, run operators.Run, values int, turn time.Duration) figure {
	run(ctx, values/10)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runs, began := 0, time.Now()
	for runs == 0 || time.Since(began) < turn {
		run(ctx, values)
		runs++
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	n := float64(runs * values)
	return figure{float64(took.Nanoseconds()) / n, float64(after.Mallocs-before.Mallocs) / n}
}

func (t table) synchronous() string {
	s := "| operator | inlined | loop | wsflow | of loop | of inlined | go-streams | ro | channels | allocations: wsflow | loop | go-streams | ro |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	for _, l := range t {
		s += fmt.Sprintf("| %s | %s | %s | %s | **%s** | %s | %s | %s | %s | %s | %s | %s | %s |\n", l.name,
			l.ns("inlined"), l.ns("loop"), l.ns("wsflow"), l.ratio("wsflow", "loop"), l.ratio("wsflow", "inlined"),
			l.ns("go-streams"), l.ns("ro"), l.ns("channels"),
			l.allocs("wsflow"), l.allocs("loop"), l.allocs("go-streams"), l.allocs("ro"))
	}
	return s
}

func (t table) asynchronous() string {
	s := "| operator | wsflow | go-streams | of wsflow | ro | channels | allocations: wsflow | go-streams | ro | channels |\n" +
		"| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
	for _, l := range t {
		s += fmt.Sprintf("| %s | %s | %s | **%s** | %s | %s | %s | %s | %s | %s |\n", l.name,
			l.ns("wsflow"), l.ns("go-streams"), l.ratio("go-streams", "wsflow"), l.ns("ro"), l.ns("channels"),
			l.allocs("wsflow"), l.allocs("go-streams"), l.allocs("ro"), l.allocs("channels"))
	}
	return s
}

func (l line) ns(way string) string {
	f, ok := l.ways[way]
	if !ok {
		return "–"
	}
	return round(f.ns)
}

func (l line) ratio(a, b string) string {
	fa, okA := l.ways[a]
	fb, okB := l.ways[b]
	if !okA || !okB {
		return "–"
	}
	return round(fa.ns / fb.ns)
}

// allocs are those of a value; what a run costs is less than a hundredth of that.
func (l line) allocs(way string) string {
	f, ok := l.ways[way]
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(math.Round(f.allocs*100)/100, 'f', -1, 64)
}

// round gives two digits, or all before the point.
func round(f float64) string {
	if f < 9.95 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
