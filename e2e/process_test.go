package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process is a program that a test has started. It ends with the test at the latest.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *output
	exited chan struct{}
	err    error // that it exited with
}

// start starts a program. Its output is shown if the test fails.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), output: new(output), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.begin()
	return p
}

// begin starts the program in a process group of its own, so that its children end with it.
func (p *process) begin() {
	p.t.Helper()
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = patience
	p.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10") // by default each process would end a second later
	require.NoError(p.t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	p.t.Cleanup(p.end)
}

// end kills what still runs, and judges what the process has said.
func (p *process) end() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
	said := p.output.String()
	if strings.Contains(said, "DATA RACE") || strings.Contains(said, "\npanic: ") || strings.Contains(said, "\nfatal error: ") {
		p.t.Errorf("%s has raced or crashed", p.cmd.Path)
	}
	if p.t.Failed() {
		p.t.Logf("output of %s:\n%s", p.cmd, said)
	}
}

// await waits for a match in the output and returns its last group.
func (p *process) await(pattern string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeoutCause(p.t.Context(), patience, errors.New("waited too long"))
	defer cancel()
	found, err := p.output.await(ctx, regexp.MustCompile(pattern))
	require.NoError(p.t, err)
	return found
}

// terminate tells the process to stop, and returns when it has begun to.
func (p *process) terminate() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.await("shutting down\n")
}

// wantExit waits for the process to end by itself, in good order.
func (p *process) wantExit() {
	p.t.Helper()
	receive(p.t, p.exited, "the end of the process")
	require.NoError(p.t, p.err)
}

// A server is an example that listens.
type server struct {
	*process
	url string // with the scheme http or https
}

// startServer starts an example on a port of its choice, with TLS for the schemes https and wss.
func startServer(t *testing.T, name, scheme string, args ...string) *server {
	t.Helper()
	args = append([]string{"-addr", "127.0.0.1:0"}, args...)
	if scheme == "https" || scheme == "wss" {
		args = append(args, "-tls")
	}
	p := start(t, example(t, name), args...)
	return &server{process: p, url: p.await(`listening on (https?://\S+)\n`)}
}

// ws returns the URL of a path of the server, with the scheme ws or wss.
func (s *server) ws(path string) string { return "ws" + strings.TrimPrefix(s.url, "http") + path }

var built struct {
	dir   string
	mu    sync.Mutex
	paths map[string]string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wsflow-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.dir, built.paths = dir, make(map[string]string)
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// example builds an example and returns the program.
func example(t *testing.T, name string) string {
	t.Helper()
	return program(t, "..", "./examples/"+name)
}

// program builds a package of the module in dir, once, and returns the program. It looks for races if the tests do.
func program(t *testing.T, dir, pkg string) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if path, ok := built.paths[pkg]; ok {
		return path
	}
	path := filepath.Join(built.dir, filepath.Base(pkg))
	build := exec.Command("go", "build", fmt.Sprintf("-race=%t", raceEnabled), "-o", path, pkg)
	build.Dir = dir
	said, err := build.CombinedOutput()
	require.NoErrorf(t, err, "%s", said)
	built.paths[pkg] = path
	return path
}
