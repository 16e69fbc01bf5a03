// Conformance plays wsflow's conformance suite with the WebSocket libraries of the field, servers and clients, and shows what
// came of it side by side.
//
//	go run ./conformance [-o report.html] [-json report.json] [-md report.md] [-cases 6,7.9]
//
// It prints how many cases of each section each library has passed. The page has every case with all that travelled; the
// Markdown file has the cases in which the libraries differ.
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

	"github.com/wsflow/wsflow/wstest/conformance"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	page := flags.String("o", "", "write the page to this `file`")
	data := flags.String("json", "", "write JSON to this `file`")
	text := flags.String("md", "", "write the tables as Markdown to this `file`")
	cases := flags.String("cases", "", "play these cases only: `numbers`, or the beginnings of numbers, such as 5,6.4")
	parallel := flags.Int("parallel", 64, "play so many cases at a time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	m := match{libraries, chosen(*cases), *parallel}
	if len(m.cases) == 0 {
		return fmt.Errorf("no case is named %s", *cases)
	}
	report, err := m.play(ctx)
	if err != nil {
		return err
	}
	for _, output := range []struct {
		name  string
		write func(io.Writer) error
	}{{*page, report.WriteHTML}, {*data, report.WriteJSON}, {*text, func(w io.Writer) error { return writeMarkdown(w, report) }}} {
		if err := write(output.name, output.write); err != nil {
			return err
		}
	}
	return writeSections(out, report)
}

// chosen returns the cases that comma-separated patterns name, all if there are none.
func chosen(patterns string) []conformance.Case {
	cases := conformance.Cases(conformance.Options{Limit: limit})
	if patterns == "" {
		return cases
	}
	return slices.DeleteFunc(cases, func(c conformance.Case) bool {
		return !slices.ContainsFunc(strings.Split(patterns, ","), c.Matches)
	})
}

func write(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
