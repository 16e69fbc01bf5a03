package conformance

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

// A Report shows runs side by side. It is read and written as JSON with package encoding/json, and as a page with [Report.WriteHTML].
type Report struct {
	Title string `json:"title,omitempty"`
	Runs  []*Run `json:"runs"`
}

// ReadReport reads a report in JSON.
func ReadReport(r io.Reader) (*Report, error) {
	report := new(Report)
	if err := json.NewDecoder(r).Decode(report); err != nil {
		return nil, fmt.Errorf("conformance: report: %w", err)
	}
	return report, nil
}

// WriteJSON writes the report for machines.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("conformance: report: %w", err)
	}
	return nil
}

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"add":   func(a, b int) int { return a + b },
	"short": func(d time.Duration) string { return d.Round(time.Microsecond).String() },
	"date":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") },
}).Parse(page))

// WriteHTML writes the report for people, as one page that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error {
	if err := pageTemplate.Execute(w, newTable(r)); err != nil {
		return fmt.Errorf("conformance: report: %w", err)
	}
	return nil
}

// A table is a report by sections and cases: a row for each case, and a cell for each run.
type table struct {
	Title    string
	Runs     []*Run
	Sections []*tableSection
}

type tableSection struct {
	Number, Name string
	Sums         []sum // of each run
	Rows         []*row
}

// A sum counts cases. Those that are neither passed nor failed are Uncompressed.
type sum struct{ Count, Passed, Failed, Uncompressed int }

type row struct {
	ID, Title, RFC, Beyond, Expect string
	Failed                         bool
	Cells                          []*cell // nil where the run has not the case
}

type cell struct {
	Run *Run
	Result
}

func newTable(r *Report) *table {
	t := &table{Title: r.Title, Runs: r.Runs}
	if t.Title == "" {
		t.Title = "WebSocket conformance"
	}
	rows := make(map[string]*row)
	for n, run := range r.Runs {
		for _, result := range run.Results {
			number, _, _ := strings.Cut(result.ID, ".")
			section := t.section(number, result.Section)
			at := rows[result.ID]
			if at == nil {
				at = &row{ID: result.ID, Title: result.Title, RFC: result.RFC, Beyond: result.Beyond, Expect: result.Expect, Cells: make([]*cell, len(r.Runs))}
				rows[result.ID] = at
				section.Rows = append(section.Rows, at)
			}
			at.Cells[n] = &cell{run, result}
			section.Sums[n].Count++
			switch {
			case result.Passed:
				section.Sums[n].Passed++
			case result.Uncompressed():
				section.Sums[n].Uncompressed++
			default:
				section.Sums[n].Failed++
				at.Failed = true
			}
		}
	}
	slices.SortStableFunc(t.Sections, func(a, b *tableSection) int { return compareNumbers(a.Number, b.Number) })
	for _, section := range t.Sections {
		slices.SortStableFunc(section.Rows, func(a, b *row) int { return compareNumbers(a.ID, b.ID) })
	}
	return t
}

func (t *table) section(number, name string) *tableSection {
	for _, s := range t.Sections {
		if s.Number == number {
			return s
		}
	}
	s := &tableSection{Number: number, Name: name, Sums: make([]sum, len(t.Runs))}
	t.Sections = append(t.Sections, s)
	return s
}

// compareNumbers orders 5.2 before 5.10.
func compareNumbers(a, b string) int {
	for a != "" && b != "" {
		var one, other string
		one, a, _ = strings.Cut(a, ".")
		other, b, _ = strings.Cut(b, ".")
		if c := len(one) - len(other); c != 0 {
			return c
		}
		if c := strings.Compare(one, other); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}
