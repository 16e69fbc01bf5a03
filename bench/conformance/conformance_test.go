package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/wstest/conformance"
)

// A defect is one of a library's that the suite has to find: the cases that find it, and what they see. Each was looked up in the source of the
// version that go.mod names, at the place that the comment tells.
type defect struct {
	library, kind string
	cases         []string
	why           string // a part of what the suite says
}

var defects = []defect{
	// conn.go, advanceFrame: a payload of one byte counts as none.
	{"gorilla/websocket", "server", []string{"7.3.2"}, "got an empty Close"},
	{"gorilla/websocket", "client", []string{"7.3.2"}, "got an empty Close"},
	// conn.go, advanceFrame: an extended length is not compared with what its bytes could hold otherwise. So with the others.
	{"gorilla/websocket", "server", []string{"21.27.1", "21.27.2", "21.27.3"}, "got binary"},
	{"coder/websocket", "server", []string{"21.27.1", "21.27.2", "21.27.3"}, "got binary"},
	{"gobwas/ws", "server", []string{"21.27.1", "21.27.2", "21.27.3"}, "got binary"},
	{"lxzan/gws", "server", []string{"21.27.1", "21.27.2", "21.27.3"}, "got binary"},
	// server.go, Upgrade: Header.Get sees the first of two keys.
	{"gorilla/websocket", "server", []string{"20.7.1"}, "got 101"},
	// client.go, DialContext: what the response chooses is not compared with what was offered.
	{"gorilla/websocket", "client", []string{"20.19.5", "20.19.6"}, `got text "early"`},
	// close.go, parseClosePayload: the reason is echoed as it is.
	{"coder/websocket", "server", []string{"7.5.1", "7.5.2"}, "a close reason that is not UTF-8"},
	{"coder/websocket", "client", []string{"7.5.1", "7.5.2"}, "a close reason that is not UTF-8"},
	// read.go, msgReader.Read: io.EOF between two fragments is taken for the end of the message.
	{"coder/websocket", "server", []string{"21.45.4"}, `got text "Hel"`},
	{"coder/websocket", "client", []string{"21.45.4"}, `got text "Hel"`},
	// read.go, readLoop: the mask is required of clients, and not forbidden to servers; msgReader.read leaves it on.
	{"coder/websocket", "client", []string{"21.21.2", "21.21.3", "21.21.4", "21.21.6", "21.21.10", "21.21.12"}, "got"},
	// frame.go, StatusCode.IsProtocolReserved and its like: codes from 5000 on are in no range, and so in none that is refused.
	{"gobwas/ws", "server", []string{"7.9.18", "7.9.19", "7.9.20", "7.9.21", "7.9.22", "7.13.1", "7.13.2"}, "which may not travel"},
	// wsutil/handler.go, closeWithProtocolError: MaskFrameInPlace returns the frame that says it is masked, which is dropped.
	{"gobwas/ws", "client", []string{"7.3.2", "7.9.1", "7.9.5"}, "a client's frame is not masked"},
	// http.go and server.go, HTTPUpgrader.Upgrade: of a key only the length is looked at.
	{"gobwas/ws", "server", []string{"20.6.5"}, "got 101"},
	// server.go, HTTPUpgrader.Upgrade: the first of two fields alone, compared as a whole.
	{"gobwas/ws", "server", []string{"20.4.3", "20.5.1", "20.5.2"}, "got 400"},
	// upgrader.go, doUpgradeFromConn: any key that is not empty.
	{"lxzan/gws", "server", []string{"20.6.3", "20.6.4", "20.6.5", "20.6.6", "20.7.1"}, "got 101"},
	{"lxzan/gws", "server", []string{"20.4.3", "20.5.1", "20.5.2"}, "got 400"},
	// upgrader.go, hijack: what net/http has read already is dropped. The README of gobwas/ws does so, too.
	{"lxzan/gws", "server", []string{"20.17.1", "20.17.2", "20.17.3"}, "did not come"},
	{"gobwas/ws", "server", []string{"20.17.1", "20.17.2", "20.17.3"}, "did not come"},
	// client.go, checkHeaders and getPermessageDeflate.
	{"lxzan/gws", "client", []string{"20.19.5", "20.19.6"}, `got text "early"`},
	// types.go, frameHeader.Parse: a length with its top bit set becomes negative, and reader.go slices with it.
	{"lxzan/gws", "server", []string{"21.29.1", "21.29.2"}, "got the end of the connection"},
	{"lxzan/gws", "client", []string{"21.29.1", "21.29.2"}, "got the end of the connection"},
	// server.go, Upgrade: the answer is the same whatever the offer asks for.
	{"gorilla/websocket", "server", []string{"13.3.1", "13.4.1"}, "lacks server_max_window_bits, which was asked for"},
	// upgrader.go, getPermessageDeflate: the window sizes are the server's own, whatever the offer asks for.
	{"lxzan/gws", "server", []string{"13.3.1", "13.5.1"}, "which is more than was asked for"},
	{"lxzan/gws", "server", []string{"13.8.5"}, "client_max_window_bits, which was not offered"},
	// reader.go, emitMessage: text is checked when the message is complete, which the RFC allows for.
	{"lxzan/gws", "server", []string{"6.4.1", "6.4.3"}, "did not come"},
}

// unchecked are the libraries that take any bytes for text. The documentation of gorilla/websocket says so; coder/websocket has no such check in read.go.
var unchecked = []string{"gorilla/websocket", "coder/websocket"}

// played leaves out of the suite the cases that wait for what a library never says, once for each sequence of bytes, and most of what
// is about compression, which takes the race detector long.
func played() []conformance.Case {
	return slices.DeleteFunc(chosen(""), func(c conformance.Case) bool {
		kept := slices.ContainsFunc([]string{"12.1.1", "13.3", "13.4", "13.5", "13.8"}, c.Matches)
		return c.Matches("6.24") || c.Matches("6.25") || c.Deflate && !kept
	})
}

func TestSuiteFindsTheKnownDefects(t *testing.T) {
	before := gwsPanics.Load()
	report, err := match{libraries, played(), 16}.play(t.Context())
	require.NoError(t, err)
	require.Len(t, report.Runs, 2*len(libraries))
	var tables strings.Builder
	require.NoError(t, writeSections(&tables, report))
	t.Log("\n" + tables.String())

	require.Greater(t, gwsPanics.Load(), before, "gws no longer panics: look at the cases 21.29")
	for _, d := range defects {
		for _, id := range d.cases {
			result := resultOf(t, report, d.library, d.kind, id)
			require.False(t, result.Passed, "%s, %s: %v", d.library, d.kind, result)
			require.Contains(t, result.Why, d.why, "%s, %s: %v", d.library, d.kind, result)
		}
	}
	for _, run := range report.Runs {
		name, _, _ := strings.Cut(run.Endpoint, " ")
		if name == "wsflow" {
			require.Empty(t, run.Failed())
		}
		wantSection6(t, run, slices.Contains(unchecked, name))
		wantSound(t, run)
	}
}

// wantSection6 compares the cases of section 6 that a library has not passed with those that are not text.
func wantSection6(t *testing.T, run *conformance.Run, unchecked bool) {
	t.Helper()
	for _, result := range run.Results {
		if numberOf(result) == "6" && result.Beyond == "" {
			require.Equal(t, !unchecked || !strings.HasPrefix(result.Expect, "Close 1007"), result.Passed, "%s: %v", run.Endpoint, result)
		}
	}
}

// wantSound expects what all of the libraries do right: if one does not, the suite is to be looked at first.
func wantSound(t *testing.T, run *conformance.Run) {
	t.Helper()
	for _, result := range run.Results {
		if result.Beyond == "" && slices.Contains([]string{"1", "2", "3", "4", "5", "9", "10"}, numberOf(result)) {
			require.True(t, result.Passed, "%s: %v", run.Endpoint, result)
		}
	}
}

func resultOf(t *testing.T, report *conformance.Report, name, kind, id string) conformance.Result {
	t.Helper()
	for _, run := range ofKind(report, kind) {
		if run.Endpoint != name && !strings.HasPrefix(run.Endpoint, name+" ") {
			continue
		}
		for _, result := range run.Results {
			if result.ID == id {
				return result
			}
		}
	}
	require.FailNow(t, "no such result", "%s, %s, %s", name, kind, id)
	return conformance.Result{}
}

func TestCommandWritesTheTables(t *testing.T) {
	dir := t.TempDir()
	page, data, text := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.json"), filepath.Join(dir, "report.md")
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-o", page, "-json", data, "-md", text, "-cases", "1.1.2,7.3.2,21.27.1"}, &out))
	require.Contains(t, out.String(), "| as a server | wsflow | gorilla/websocket")
	require.Contains(t, out.String(), "| 1 Framing | 1 | 1 | 1 | 1 | 1 |\n")
	require.Contains(t, out.String(), "| 7 Closing | 1 | **0** of 1 | 1 | 1 | 1 |\n")
	require.Contains(t, out.String(), "| beyond the RFC | 1 | **0** of 1 | **0** of 1 | **0** of 1 | **0** of 1 |\n")

	differences, err := os.ReadFile(text)
	require.NoError(t, err)
	require.Contains(t, string(differences), "### 7.3.2 a close frame of one byte (RFC 6455, 5.5.1)\n\nExpected: Close 1002, and the end of the connection.\n\n- gorilla/websocket")
	require.Contains(t, string(differences), ": expected Close 1002, got an empty Close\n")
	require.NotContains(t, string(differences), "### 1.1.2")
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "got an empty Close")
	file, err := os.Open(data)
	require.NoError(t, err)
	defer file.Close()
	report, err := conformance.ReadReport(file)
	require.NoError(t, err)
	require.Len(t, report.Runs, 2*len(libraries))
}

func TestCommandRefusesWhatItCannotPlay(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), []string{"-cases", "99"}, new(strings.Builder)), "no case")
}
