package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChromiumStopsAnAnswer(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			tokens := startServer(t, "tokens", scheme, "-rate", "40") // the whole answer takes seconds
			p := b.visit(t, tokens.url)
			p.write("#prompt", "Why?")
			p.click("#ask")
			p.await(`document.querySelector('#answer').textContent.startsWith('You have asked: "Why?". I do')`)
			p.click("#stop")
			p.await("/^cancelled after [0-9]+ tokens$/.test(document.querySelector('#status').textContent)")
			var length int
			p.evaluate("document.querySelector('#answer').textContent.length", &length)

			// A new question replaces the answer to the one before.
			p.click("#ask")
			p.await("document.querySelector('#answer').textContent.includes('no model')")
			p.write("#prompt", "And now?")
			p.click("#ask")
			p.await(`document.querySelector('#answer').textContent.startsWith('You have asked: "And now?". I do')`)
			p.await("/^complete after 1[0-9][0-9] tokens$/.test(document.querySelector('#status').textContent)")
			var whole int
			p.evaluate("document.querySelector('#answer').textContent.length", &whole)
			require.Less(t, length, whole)
			tokens.terminate()
			p.await("document.querySelector('#status').textContent === 'closed with 1001 server shuts down'")
			tokens.wantExit()
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}
