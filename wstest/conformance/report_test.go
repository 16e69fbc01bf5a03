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
		for _, endpoint := range []faulty{{fault: none}, {fault: lateTextCheck}, {fault: alwaysGoingAway}, {fault: "<script>"}, {none, &kept}, {marksPongs, &kept}} {
			s := wstest.NewServer(t, endpoint)
			server := conformance.Server{
				URL: s.URL("/"), Name: "a server that " + string(endpoint.fault),
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
	require.Len(t, again.Runs, 6)
	for i, run := range again.Runs {
		require.Equal(t, report.Runs[i].Results, run.Results)
	}

	page := asHTML.String()
	require.Contains(t, page, `id="c6.4.1"`)
	require.Contains(t, page, "a server that checks text when the message is complete: not passed")
	require.Contains(t, page, "expected Close 1007, and it did not come within 2s")
	require.Contains(t, page, "<dt>beyond</dt><dd>no rule says that a text is judged before all of it is there</dd>")
	require.Contains(t, page, "→ text")
	require.Contains(t, page, "no compression agreed")
	require.Contains(t, page, "passed, compressed")
	require.Contains(t, page, "<dt>compression</dt><dd>the server declines</dd>")
	require.Contains(t, page, "<dd>permessage-deflate; server_max_window_bits=9; compressed messages: 7 of the suite, 7 of the endpoint</dd>")
	require.Contains(t, page, "a server that sets RSV1 on pongs: not passed")
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

func TestRunTellsWhereNothingWasCompressed(t *testing.T) {
	const agreed = "permessage-deflate"
	run := &conformance.Run{Results: []conformance.Result{
		{ID: "1.1.1", Passed: true},
		{ID: "12.1.1", Compression: &conformance.Compression{None: "the server declines", Plain: 3}},
		{ID: "12.1.2", Passed: true, Compression: &conformance.Compression{Agreed: agreed, Plain: 2}},
		{ID: "12.1.3", Passed: true, Compression: &conformance.Compression{Agreed: agreed, Plain: 2, FromEndpoint: 1}},
		{ID: "12.1.4", Passed: true, Compression: &conformance.Compression{Agreed: agreed}}, // it had nothing to send
	}}
	require.Equal(t, 1, run.SentPlain())
	require.True(t, run.Results[2].SentPlain())
	var page bytes.Buffer
	require.NoError(t, (&conformance.Report{Runs: []*conformance.Run{run}}).WriteHTML(&page))
	require.Contains(t, page.String(), `<td class="n">1</td><td class="n">1</td><td class="n ">0</td>`, "without agreement, sent plain, failed")
}
