package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A request is what a peer is asked to do. See python/peer.py and node/peer.js.
type request struct {
	N         int             `json:"n"`
	Op        string          `json:"op"`
	Conn      int             `json:"conn"`
	Server    int             `json:"server"`
	URL       string          `json:"url,omitempty"`
	Origin    string          `json:"origin,omitempty"`
	Protocols []string        `json:"protocols,omitempty"`
	Cert      string          `json:"cert,omitempty"`
	Key       string          `json:"key,omitempty"`
	Echo      bool            `json:"echo,omitempty"`
	Fragments int             `json:"fragments,omitempty"`
	Kind      string          `json:"kind,omitempty"`
	Text      string          `json:"text,omitempty"`
	Data      []byte          `json:"data,omitempty"`
	Parts     []string        `json:"parts,omitempty"`
	Fin       bool            `json:"fin,omitempty"`
	Code      int             `json:"code,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Version   int             `json:"version,omitempty"` // of WebSocket; of node/peer.js
	Deflate   *deflateRequest `json:"deflate,omitempty"`
}

// A reply is the peer's answer.
type reply struct {
	N        int    `json:"n"`
	Error    string `json:"error"`
	Conn     int    `json:"conn"`
	Server   int    `json:"server"`
	URL      string `json:"url"`
	Status   int    `json:"status"`
	Protocol string `json:"protocol"`
	Kind     string `json:"kind"`
	Text     string `json:"text"`
	Data     []byte `json:"data"`
	Fin      bool   `json:"fin"`
	Code     int    `json:"code"`
	Reason   string `json:"reason"`
}

// A peer is a process with a foreign library, which does what it is asked to.
type peer struct {
	*process
	foreigner
	requests io.Writer

	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
}

// eachPeer runs a test with every foreign library.
func eachPeer(t *testing.T, test func(t *testing.T, p *peer)) {
	for _, f := range foreigners {
		t.Run(f.name, func(t *testing.T) {
			command := f.command(t)
			need(t, command != nil, f.name, f.install)
			p := startPeer(t, command)
			p.foreigner = f
			test(t, p)
		})
	}
}

// eachPeerAndScheme runs a test with every foreign library, over plain sockets and over TLS.
func eachPeerAndScheme(t *testing.T, test func(t *testing.T, p *peer, scheme string)) {
	eachPeer(t, func(t *testing.T, p *peer) {
		for _, scheme := range []string{"ws", "wss"} {
			t.Run(scheme, func(t *testing.T) { test(t, p, scheme) })
		}
	})
}

func startPeer(t *testing.T, command []string) *peer {
	t.Helper()
	p := &peer{waiting: make(map[int]chan reply)}
	p.process = &process{t: t, cmd: exec.Command(command[0], command[1:]...), output: new(output), exited: make(chan struct{})}
	p.cmd.Stderr = p.output
	requests, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	p.requests = requests
	replies, write := io.Pipe()
	p.cmd.Stdout = write
	p.begin()
	go p.read(replies)
	go func() {
		<-p.exited
		_ = write.Close()
	}()
	return p
}

// read hands every reply to who waits for it.
func (p *peer) read(replies io.Reader) {
	lines := bufio.NewReader(replies)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r reply
		if err := json.Unmarshal(line, &r); err != nil {
			fmt.Fprintf(p.output, "not a reply: %s", line)
			continue
		}
		p.mu.Lock()
		p.waiting[r.N] <- r
		delete(p.waiting, r.N)
		p.mu.Unlock()
	}
}

// ask asks the peer to do something, and returns where its reply will be.
func (p *peer) ask(t *testing.T, r request) <-chan reply {
	t.Helper()
	answer := make(chan reply, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	r.N = p.last
	p.waiting[r.N] = answer
	line, err := json.Marshal(r)
	require.NoError(t, err)
	_, err = p.requests.Write(append(line, '\n'))
	require.NoError(t, err)
	return answer
}

// call asks the peer to do something and waits until it is done.
func (p *peer) call(t *testing.T, r request) reply {
	t.Helper()
	answer := p.ask(t, r)
	select {
	case answer := <-answer:
		require.Empty(t, answer.Error, "the peer's %s", r.Op)
		return answer
	case <-p.exited:
		require.FailNow(t, "the peer has exited", "%v", p.err)
	case <-time.After(patience):
		require.FailNow(t, "the peer does not answer", "to %s", r.Op)
	}
	return reply{}
}
