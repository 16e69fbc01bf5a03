package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/wstest/conformance"
)

// kinds are of what there are runs, in the order of the tables.
var kinds = []string{"server", "client"}

func ofKind(report *conformance.Report, kind string) []*conformance.Run {
	var runs []*conformance.Run
	for _, run := range report.Runs {
		if run.Kind == kind {
			runs = append(runs, run)
		}
	}
	return runs
}

// writeSections writes a table for servers and one for clients: how many cases of each section each of them has passed. What asks for
// more than RFC 6455 stands apart.
func writeSections(w io.Writer, report *conformance.Report) error {
	var b bytes.Buffer
	for _, kind := range kinds {
		runs := ofKind(report, kind)
		if len(runs) == 0 {
			continue
		}
		header(&b, "as a "+kind, runs)
		for _, s := range sections(runs[0]) {
			line(&b, s.number+" "+s.name, runs, func(c conformance.Result) bool { return c.Beyond == "" && numberOf(c) == s.number })
		}
		line(&b, "all of these", runs, func(c conformance.Result) bool { return c.Beyond == "" })
		line(&b, "beyond the RFC", runs, func(c conformance.Result) bool { return c.Beyond != "" })
		b.WriteByte('\n')
	}
	_, err := w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return err
}

// line writes how many of the cases that are of a kind each run has passed.
func line(b *bytes.Buffer, name string, runs []*conformance.Run, of func(conformance.Result) bool) {
	fmt.Fprintf(b, "| %s |", name)
	for _, run := range runs {
		count, passed := 0, 0
		for _, result := range run.Results {
			if !of(result) || result.Uncompressed() {
				continue
			}
			count++
			if result.Passed {
				passed++
			}
		}
		switch {
		case count == 0:
			b.WriteString(" – |")
		case count == passed:
			fmt.Fprintf(b, " %d |", count)
		default:
			fmt.Fprintf(b, " **%d** of %d |", passed, count)
		}
	}
	b.WriteByte('\n')
}

func header(b *bytes.Buffer, first string, runs []*conformance.Run) {
	fmt.Fprintf(b, "| %s |", first)
	for _, run := range runs {
		fmt.Fprintf(b, " %s |", run.Endpoint)
	}
	b.WriteString("\n|" + strings.Repeat(" --- |", 1+len(runs)) + "\n")
}

type section struct{ number, name string }

// sections returns those of a run, in the order of its cases.
func sections(run *conformance.Run) []section {
	var all []section
	for _, result := range run.Results {
		if s := (section{numberOf(result), result.Section}); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func numberOf(result conformance.Result) string {
	number, _, _ := strings.Cut(result.ID, ".")
	return number
}

// writeMarkdown writes the tables of the sections, and each case in which the runs differ: what was expected, and what those
// that did not pass have sent.
func writeMarkdown(w io.Writer, report *conformance.Report) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\nCases that were passed, of those in their section that were played: cases about compression need an agreement on it. A number by itself is all of them.\n\n", report.Title)
	if err := writeSections(&b, report); err != nil {
		return err
	}
	for _, kind := range kinds {
		runs := ofKind(report, kind)
		if len(runs) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## Cases in which a %s differs from what is expected\n", kind)
		for n, result := range runs[0].Results {
			differences(&b, result, n, runs)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// differences writes a case, if somebody did not pass it. All runs of a kind have the same cases.
func differences(b *bytes.Buffer, c conformance.Result, n int, runs []*conformance.Run) {
	failed := slices.DeleteFunc(slices.Clone(runs), func(run *conformance.Run) bool { return run.Results[n].Passed || run.Results[n].Uncompressed() })
	if len(failed) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s %s (%s)\n\nExpected: %s.", c.ID, c.Title, c.RFC, c.Expect)
	if c.Beyond != "" {
		fmt.Fprintf(b, " Beyond the RFC: %s.", c.Beyond)
	}
	b.WriteString("\n\n")
	for _, run := range failed {
		fmt.Fprintf(b, "- %s: %s\n", run.Endpoint, strings.ReplaceAll(run.Results[n].Why, "\n", " "))
	}
}
