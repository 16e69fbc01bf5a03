// Hostile shows what hostile peers cost honest ones: a server, a thousand peers that do what is worst for it, and a hundred that
// ask and are answered, whose latency is taken with the hostile ones and without, by turns.
//
//	go run ./hostile [-short] [-http] [-peers 1000] [-honest 100] [-kinds mix,pings] [-rounds 3] [-phase 6s] [-settings both]
//
// It prints a table, and a line of JSON for each row. It fails if an honest peer sees an error, or if a hostile one
// costs the server more memory than it may.
//
// Server, hostile peers and honest ones are processes of their own, of this one program. The hostile one has one core at most, a low
// priority, and a rate for each of its peers, so that what is seen is what the server does with what comes, and not that two cores
// are shared by too many.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// roleVariable says which process this is.
const roleVariable = "WSFLOW_HOSTILE_ROLE"

func main() {
	if playRole() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

// playRole does what a child process is there for, and reports false in the parent.
func playRole() bool {
	var err error
	switch os.Getenv(roleVariable) {
	case "server":
		err = serve(os.Args[1:])
	case "load":
		err = load(os.Args[1:])
	default:
		return false
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", os.Getenv(roleVariable)+":", err)
		os.Exit(1)
	}
	return true
}

// A plan is what is to be measured.
type plan struct {
	peers, honest int
	kinds         []string
	rounds        int
	phase         time.Duration
	rate          int
	settings      []string
	http          bool
	bound         int64 // bytes of the server's memory for a hostile connection
	profile       string
}

func parsePlan(args []string) (*plan, error) {
	var p plan
	flags := flag.NewFlagSet("hostile", flag.ContinueOnError)
	flags.IntVar(&p.peers, "peers", 1000, "so many hostile peers at a time")
	flags.IntVar(&p.honest, "honest", 100, "so many honest ones")
	flags.IntVar(&p.rounds, "rounds", 5, "every kind so many times, by turns")
	flags.DurationVar(&p.phase, "phase", 5*time.Second, "how long each round is measured, without hostile peers and then with them")
	flags.IntVar(&p.rate, "rate", 100, "frames a second of each peer that floods")
	flags.BoolVar(&p.http, "http", false, "serve with net/http")
	flags.Int64Var(&p.bound, "bound", 256<<10, "`bytes` of memory that a hostile peer may cost")
	flags.StringVar(&p.profile, "profile", "", "write the server's CPU profiles to this `prefix`")
	names := flags.String("kinds", "all", "of "+strings.Join(kindNames(), ", ")+", mix, which is all of them together, and all, which is each")
	settings := flags.String("settings", "both", "default, production or both")
	short := flags.Bool("short", false, "15 s, for CI: mix alone, with the settings of production")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch *names {
	case "all":
		p.kinds = append([]string{mix}, kindNames()...)
	default:
		p.kinds = strings.Split(*names, ",")
	}
	switch *settings {
	case "both":
		p.settings = []string{"default", "production"}
	default:
		p.settings = []string{*settings}
	}
	if *short {
		p.kinds, p.rounds, p.phase, p.settings = []string{mix}, 1, 4*time.Second, []string{"production"}
	}
	for _, k := range p.kinds {
		if k != mix && !slices.Contains(kindNames(), k) {
			return nil, fmt.Errorf("no kind of peer is named %s", k)
		}
	}
	for _, s := range p.settings {
		if s != "default" && s != "production" {
			return nil, fmt.Errorf("no settings are named %s", s)
		}
	}
	return &p, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	p, err := parsePlan(args)
	if err != nil {
		return err
	}
	var failures []error
	for _, settings := range p.settings {
		rows, err := p.measure(ctx, settings)
		if err != nil {
			return err
		}
		if err := writeTable(out, settings, rows); err != nil {
			return err
		}
		failures = append(failures, p.judge(rows)...)
	}
	return errors.Join(failures...)
}

// judge says what is wrong, apart from what depends on the machine.
func (p *plan) judge(rows []*row) (failures []error) {
	for _, r := range rows {
		if r.HonestErrors > 0 {
			failures = append(failures, fmt.Errorf("%s, %s: %d errors of honest peers, such as %s", r.Settings, r.Kind, r.HonestErrors, r.firstError))
		}
		if r.PerPeer > p.bound {
			failures = append(failures, fmt.Errorf("%s, %s: a hostile peer costs %d bytes, and may %d", r.Settings, r.Kind, r.PerPeer, p.bound))
		}
		if r.Peak == 0 {
			failures = append(failures, fmt.Errorf("%s, %s: no hostile peer got through to the server", r.Settings, r.Kind))
		}
	}
	return failures
}
