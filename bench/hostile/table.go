package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// writeTable writes the rows for people, and then for programs.
func writeTable(out io.Writer, settings string, rows []*row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%s settings\n", settings)
	fmt.Fprintln(t, "peers\tconnections\tattempts/s\tp50 without\twith\tp99 without\twith\ttimes\tmax\terrors\tserver CPU\tload CPU\tmemory\tper peer\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%.1f\t%s\t%d\t%.2f\t%.2f\t%s\t%s\t\n", r.Kind, r.Peak, r.Attempts,
			micros(r.CalmP50), micros(r.P50), micros(r.CalmP99), micros(r.P99), r.Times, micros(r.Max), r.HonestErrors,
			r.Server, r.Load, kib(r.Resident), kib(r.PerPeer))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	for _, r := range rows {
		if err := lines.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func micros(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
}

func kib(n int64) string { return fmt.Sprintf("%.1f KiB", float64(n)/1024) }
