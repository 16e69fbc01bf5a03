package conformance_test

import (
	"bytes"
	"context"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/wstest"
	"github.com/wsflow/wsflow/wstest/conformance"
)

var reports = flag.String("reports", "", "write the report of TestReportShowsRunsSideBySide to this directory")

func TestReportShowsRunsSideBySide(t *testing.T) {
	report := new(conformance.Report)
	synctest.Test(t, func(t *testing.T) {
		for _, fault := range []fault{none, lateTextCheck, alwaysGoingAway, "<script>"} {
			s := wstest.NewServer(t, faulty{fault})
			server := conformance.Server{
				URL: s.URL("/"), Name: "a server that " + string(fault),
				Dial: func(context.Context) (net.Conn, error) { return s.RawDial(), nil },
			}
			report.Runs = append(report.Runs, server.Run(t.Context(), conformance.Cases()))
		}
	})
	var asJSON, asHTML bytes.Buffer
	require.NoError(t, report.WriteJSON(&asJSON))
	require.NoError(t, report.WriteHTML(&asHTML))
	if *reports != "" {
		require.NoError(t, os.WriteFile(filepath.Join(*reports, "report.json"), asJSON.Bytes(), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(*reports, "report.html"), asHTML.Bytes(), 0o600))
	}

	again, err := conformance.ReadReport(&asJSON)
	require.NoError(t, err)
	require.Len(t, again.Runs, 4)
	for i, run := range again.Runs {
		require.Equal(t, report.Runs[i].Results, run.Results)
	}

	page := asHTML.String()
	require.Contains(t, page, `id="c6.4.1"`)
	require.Contains(t, page, "a server that checks text when the message is complete: not passed")
	require.Contains(t, page, "expected Close 1007, and it did not come within 2s")
	require.Contains(t, page, "<dt>beyond</dt><dd>no rule says that a text is judged before all of it is there</dd>")
	require.Contains(t, page, "→ text")
	for _, foreign := range []string{"a server that <script>", ` src="`, `href="http`} { // a random key may end in src=
		require.False(t, strings.Contains(page, foreign), foreign)
	}
}

func TestRunTellsWhatIsUnreachable(t *testing.T) {
	server := conformance.Server{URL: "ws://server/", Parallel: 3, Dial: func(context.Context) (net.Conn, error) { return nil, net.ErrClosed }}
	run := server.Run(t.Context(), conformance.Cases())
	require.Zero(t, run.Passed())
	require.Contains(t, run.Results[0].Why, "no connection")
	require.Contains(t, run.Results[0].String(), "FAILED: no connection")
}
