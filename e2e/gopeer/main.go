// Gopeer is a foreign peer for the end-to-end tests: a WebSocket library for Go, driven over standard input.
//
//	gopeer gorilla | coder | gws
//
// Every line of standard input is a request in JSON, with a number "n" and an operation "op"; every line of standard output answers the
// request of that number. Requests are worked on at once, so that one that waits does not keep others from going on. The peer ends with its
// standard input.
//
// Messages, pings and echoes go through the library, both ways, and so do close frames, except for libraries that do not wait for the
// answer, or read nothing else meanwhile: their close frames are written beside them, and their own closing is an operation of its own,
// "leave". Fragments of a length that the tests choose are written beside libraries that have no function for them.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// A request is what the peer is asked to do.
type request struct {
	N         int      `json:"n"`
	Op        string   `json:"op"`
	Conn      int      `json:"conn"`
	Server    int      `json:"server"`
	URL       string   `json:"url"`
	Origin    string   `json:"origin"`
	Protocols []string `json:"protocols"`
	Cert      string   `json:"cert"`
	Key       string   `json:"key"`
	Echo      bool     `json:"echo"`
	Fragments int      `json:"fragments"`
	Kind      string   `json:"kind"`
	Text      string   `json:"text"`
	Data      []byte   `json:"data"`
	Parts     []string `json:"parts"`
	Fin       bool     `json:"fin"`
	Code      int      `json:"code"`
	Reason    string   `json:"reason"`
	Deflate   *deflate `json:"deflate"`
}

// deflate says how to compress.
type deflate struct {
	NoContextTakeover bool `json:"no_context_takeover"`
	ServerBits        int  `json:"server_bits"` // 0 for the library's default
	ClientBits        int  `json:"client_bits"`
}

// content is what to send.
func (r request) content() []byte {
	if r.Kind == "binary" {
		return r.Data
	}
	return []byte(r.Text)
}

// A reply answers it.
type reply struct {
	N        int    `json:"n"`
	Error    string `json:"error,omitempty"`
	Conn     int    `json:"conn"`
	Server   int    `json:"server"`
	URL      string `json:"url,omitempty"`
	Status   int    `json:"status,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Text     string `json:"text,omitempty"`
	Data     []byte `json:"data,omitempty"`
	Fin      bool   `json:"fin"`
	Code     int    `json:"code,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

func main() {
	libraries := map[string]library{"gorilla": gorilla{}, "coder": coder{}, "gws": gwsLibrary{}}
	if len(os.Args) != 2 || libraries[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: gopeer gorilla | coder | gws")
		os.Exit(2)
	}
	p := &peer{library: libraries[os.Args[1]]}
	requests := bufio.NewReader(os.Stdin)
	var out sync.Mutex
	for {
		line, err := requests.ReadBytes('\n')
		if err != nil {
			return // what is under way ends with the process
		}
		go func() {
			answer := p.answer(line)
			out.Lock()
			defer out.Unlock()
			_, _ = os.Stdout.Write(append(answer, '\n'))
		}()
	}
}

// answer works on a request.
func (p *peer) answer(line []byte) []byte {
	var r request
	var answer reply
	err := json.Unmarshal(line, &r)
	if err == nil {
		answer, err = p.work(r)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	answer.N = r.N
	b, err := json.Marshal(answer)
	if err != nil {
		b = fmt.Appendf(nil, `{"n": %d, "error": %q}`, r.N, err)
	}
	return b
}
