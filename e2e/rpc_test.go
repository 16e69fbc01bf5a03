package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An rpcPage is the page of the RPC example in a browser.
type rpcPage struct{ *tab }

func (p rpcPage) choose(method, params string) {
	p.t.Helper()
	p.evaluate(fmt.Sprintf("document.querySelector('#method').value = %q", method), nil)
	p.write("#params", params)
}

// wantReplies waits until the page shows so many replies in which a text is.
func (p rpcPage) wantReplies(n int, with string) {
	p.t.Helper()
	p.await(fmt.Sprintf("[...document.querySelectorAll('#calls td:nth-child(3)')].filter((td) => td.textContent === %q).length === %d", with, n))
}

func TestChromiumCallsMethods(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			rpc := startServer(t, "rpc", scheme, "-rate", "10")
			p := rpcPage{b.visit(t, rpc.url)}
			p.await("document.querySelector('#state')?.textContent === 'open'")
			p.choose("add", `{"a": 40, "b": 2}`)
			p.click("#call")
			p.wantReplies(1, "42")
			p.choose("divide", `{"a": 1, "b": 0}`)
			p.click("#call")
			p.wantReplies(1, "division by zero")
			p.choose("divide", `{"a": `)
			p.click("#call")
			p.wantReplies(1, "malformed request")
			p.choose("crash", ``)
			p.click("#call")
			p.wantReplies(1, "internal error")

			// A call that takes its time, and others meanwhile; some of them come too soon.
			p.choose("wait", `{"seconds": 1}`)
			p.click("#call")
			p.choose("nonsense", ``)
			p.click("#many")
			p.wantReplies(0, "…")
			p.wantReplies(1, `{"seconds":1}`)
			p.await("[...document.querySelectorAll('#calls td:nth-child(3)')].some((td) => td.textContent === 'rate limited')")

			rpc.terminate()
			p.await("document.querySelector('#state').textContent === 'closed with 1001 server shuts down'")
			rpc.wantExit()
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}
