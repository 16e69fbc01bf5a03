package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// An oracle is a server driver that others have written, which says what it would answer to what a client sends. See
// node/oracle.js and ruby/driver.rb.
type oracle struct {
	name    string
	install string
	command func() []string // nil if it is not installed
	hybi    []string        // the versions that it speaks besides the hixies

	skipsAllBytes bool // of a payload with a length, also 0xFF
}

var oracles = []oracle{
	{
		name: "websocket-driver of npm", install: "npm ci --prefix e2e/node", command: sync.OnceValue(nodeOracle),
		hybi: []string{"13"}, skipsAllBytes: true,
	},
	{
		name: "websocket-driver of Debian's Ruby", install: "apt-get install ruby-websocket-driver", command: sync.OnceValue(rubyOracle),
		hybi: []string{"13", "8", "7"},
	},
}

func nodeOracle() []string {
	if _, err := os.Stat(filepath.Join("node", "node_modules", "websocket-driver")); err != nil {
		return nil
	}
	name, err := exec.LookPath("node")
	if err != nil {
		return nil
	}
	return []string{name, filepath.Join("node", "oracle.js")}
}

// rubyOracle finds a Ruby that has websocket-driver: Debian's package is for Debian's Ruby alone.
func rubyOracle() []string {
	for _, name := range []string{"ruby", "/usr/bin/ruby"} {
		if exec.Command(name, "-e", "require 'websocket/driver'").Run() == nil {
			return []string{name, filepath.Join("ruby", "driver.rb")}
		}
	}
	return nil
}

// A session is what a client sends, in chunks, and what the server is told to do.
type session struct {
	Chunks [][]byte `json:"chunks"`
	Early  []string `json:"early,omitempty"` // texts that the server sends at once
	Stop   string   `json:"stop,omitempty"`  // the text after which it closes
}

// An outcome is what a server makes of a session.
type outcome struct {
	Written []byte   `json:"written"`
	Events  []string `json:"events"`
}

// eachOracle runs a test with every oracle.
func eachOracle(t *testing.T, test func(t *testing.T, o oracle)) {
	t.Helper()
	for _, o := range oracles {
		t.Run(o.name, func(t *testing.T) {
			need(t, o.command() != nil, o.name, o.install)
			test(t, o)
		})
	}
}

// ask returns the outcome of every session.
func (o *oracle) ask(t *testing.T, sessions []session) []outcome {
	t.Helper()
	var input, complaints bytes.Buffer
	for _, s := range sessions {
		line, err := json.Marshal(s)
		require.NoError(t, err)
		input.Write(append(line, '\n'))
	}
	command := o.command()
	cmd := exec.CommandContext(within(t), command[0], command[1:]...)
	cmd.Stdin, cmd.Stderr = &input, &complaints
	output, err := cmd.Output()
	require.NoError(t, err, "%s", complaints.String())
	var outcomes []outcome
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one outcome
		require.NoError(t, json.Unmarshal(lines.Bytes(), &one))
		outcomes = append(outcomes, one)
	}
	require.NoError(t, lines.Err())
	require.Len(t, outcomes, len(sessions), "%s", complaints.String())
	return outcomes
}

// cuttings returns a session's bytes cut in several ways: whole, byte by byte, and others; if need
// be, such that the request's end is a chunk's.
func cuttings(head, rest []byte, apart bool) [][][]byte {
	wire := bytes.Join([][]byte{head, rest}, nil)
	ways := [][][]byte{
		{head, rest},
		cut(wire, 1),
		{head[:len(head)-2], head[len(head)-2:], rest},
		append([][]byte{head}, cut(rest, 1)...),
		append([][]byte{head}, cut(rest, 3)...),
		append(cut(head, 5), cut(rest, 7)...),
	}
	if !apart {
		ways = append(ways, [][]byte{wire}, cut(wire, 3), cut(wire, 7))
	}
	return ways
}

func cut(b []byte, size int) (chunks [][]byte) {
	for len(b) > size {
		chunks, b = append(chunks, b[:size]), b[size:]
	}
	return append(chunks, b)
}
