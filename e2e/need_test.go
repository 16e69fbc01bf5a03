package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// need ends the test unless what it needs is installed: it fails in CI, and is skipped elsewhere.
func need(t *testing.T, installed bool, what, install string) {
	t.Helper()
	switch {
	case installed:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed; to install it: %s", what, install)
	default:
		t.Skipf("skipped: %s is not installed; to install it: %s", what, install)
	}
}

// A foreigner is a library that others have written, in a process that plays the peer.
type foreigner struct {
	name    string
	install string
	command func(t *testing.T) []string // nil if it is not installed

	takeover bool   // compresses with a window that is kept from message to message
	windows  bool   // and with a size that is asked for
	ping     string // the payload of pings between compressed messages

	handsOnParts bool // may take the end of the connection inside a message for the end of the message
}

var foreigners = []foreigner{
	{"websockets of Python", "apt-get install python3-websockets", installed(python), true, true, "still there?", false},
	{"ws of Node", "npm ci --prefix e2e/node", installed(node), true, true, "still there?", false},
	{"gorilla/websocket", "", gopeer("gorilla"), false, false, "still there?", false},
	// coder/websocket 1.8.15: io.EOF of the connection becomes that of the message's Reader (read.go).
	{"coder/websocket", "", gopeer("coder"), true, false, "still there?", true},
	// gws 1.8.9 takes the payloads of its pings and pongs into the window that it compresses with (writer.go, doWrite).
	{"lxzan/gws", "", gopeer("gws"), true, true, "", false},
}

// installed looks for something once.
func installed(look func() []string) func(*testing.T) []string {
	look = sync.OnceValue(look)
	return func(*testing.T) []string { return look() }
}

// gopeer is a peer with a library for Go, which go.mod installs.
func gopeer(library string) func(*testing.T) []string {
	return func(t *testing.T) []string { return []string{program(t, ".", "./gopeer"), library} }
}

// python finds a Python that has websockets: Debian's package is for Debian's Python alone, which need not be the first one.
func python() []string {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import websockets").Run() == nil {
			return []string{name, filepath.Join("python", "peer.py")}
		}
	}
	return nil
}

func node() []string {
	if _, err := os.Stat(filepath.Join("node", "node_modules", "ws")); err != nil {
		return nil
	}
	name, err := exec.LookPath("node")
	if err != nil {
		return nil
	}
	return []string{name, filepath.Join("node", "peer.js")}
}
