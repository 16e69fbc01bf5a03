package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A greetingPage is the greeter's page in a browser.
type greetingPage struct{ *tab }

func (p greetingPage) wantState(state string) {
	p.t.Helper()
	p.await(fmt.Sprintf("document.querySelector('#state')?.textContent === %q", state))
	var data string
	p.evaluate("document.querySelector('#state').dataset.state", &data)
	require.Equal(p.t, state, data)
}

func (p greetingPage) greet(name string) {
	p.t.Helper()
	p.write("#name", name)
	p.click("#greet")
	p.await(fmt.Sprintf("document.querySelector('#greeting').textContent === 'Hello ' + %q + '!'", name))
}

// wantClose waits until the page shows how the connection was closed.
func (p greetingPage) wantClose(text string) {
	p.t.Helper()
	p.wantState("closed")
	var got string
	p.evaluate("document.querySelector('#close').textContent", &got)
	require.Equal(p.t, text, got)
}

// wantFrames compares the log of what has passed: direction, kind and length.
func (p greetingPage) wantFrames(want ...string) {
	p.t.Helper()
	var got []string
	p.evaluate(`[...document.querySelectorAll('#frames li')].map((item) =>
		['.sent, .received', '.kind', '.length'].map((part) => item.querySelector(part).textContent).join(' '))`, &got)
	require.Equal(p.t, strings.Join(want, "\n"), strings.Join(got, "\n"))
}

// pageTalks are what a user does on the greeter's page, in one connection.
var pageTalks = []struct {
	name string
	play func(p greetingPage)
}{
	{"a name is greeted", func(p greetingPage) {
		p.greet("Peter")
		p.wantFrames("↑ sent text 5 bytes", "↓ received text 12 bytes")
	}},
	{"names of any script are greeted", func(p greetingPage) {
		p.greet("Zoë")
		p.greet("小林")
		p.greet("👩🏽‍🚀")
	}},
	{"an empty name is not sent", func(p greetingPage) {
		p.write("#name", " ")
		p.click("#greet")
		p.await("document.querySelector('#name').getAttribute('aria-invalid') === 'true'")
		p.wantFrames()
	}},
	{"binary is ignored", func(p greetingPage) {
		p.click("#binary")
		p.greet("Peter")
		p.wantFrames("↑ sent binary 8 bytes", "↑ sent text 5 bytes", "↓ received text 12 bytes")
	}},
	{"the log can be cleared", func(p greetingPage) {
		p.greet("Peter")
		p.click("#clear")
		p.wantFrames()
	}},
	{"the user disconnects and connects again", func(p greetingPage) {
		p.click("#disconnect")
		p.wantClose("Code 1000 (normal closure), reason “bye”, clean")
		p.wantFrames("↑ sent close 5 bytes", "↓ received close 5 bytes")
		p.click("#connect")
		p.wantState("open")
		p.greet("Peter")
	}},
}

func TestChromiumTalksToTheGreeter(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			greeter := startServer(t, "greeter", scheme)
			for _, talk := range pageTalks {
				t.Run(talk.name, func(t *testing.T) {
					p := greetingPage{b.visit(t, greeter.url)}
					p.wantState("open")
					talk.play(p)
				})
			}
			t.Run("the page tells that the server goes away", func(t *testing.T) {
				p := greetingPage{b.visit(t, greeter.url)}
				p.wantState("open")
				p.greet("Peter")
				greeter.terminate()
				p.wantClose("Code 1001 (going away), reason “server shuts down”, clean")
				greeter.wantExit()
			})
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}
