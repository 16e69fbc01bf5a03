package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A flowsPage is the debug page in a browser.
type flowsPage struct{ *tab }

// wantCell waits until a cell of the first row of a table that has a text shows another one.
func (p flowsPage) wantCell(table, with string, column int, want string) {
	p.t.Helper()
	p.await(fmt.Sprintf(
		"[...document.querySelectorAll('#%s tbody tr')].find((tr) => tr.innerText.includes(%q))?.cells[%d]?.textContent === %q",
		table, with, column, want))
}

func TestChromiumShowsWhatConnectionsDo(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			greeter := startServer(t, "greeter", scheme, "-debug")
			p := greetingPage{b.visit(t, greeter.url)}
			p.wantState("open")
			p.greet("Peter")

			flows := flowsPage{b.visit(t, greeter.url+"/debug/flows")}
			flows.wantCell("connections", "/greeter", 6, "1 / 11 B") // a header of 2, a mask of 4
			flows.wantCell("connections", "/greeter", 7, "1 / 14 B")
			flows.click("#connections button")
			flows.await("document.querySelector('#graph svg title')?.textContent === 'Connection 1-1'")
			flows.await("[...document.querySelectorAll('#graph .node text:last-child')].map((t) => t.textContent).join() === 'Conn,Filter,Map,Conn'")
			flows.wantCell("stages", "Filter", 2, "1")
			var box struct{ Width, Fill float64 }
			flows.evaluate(`(() => {
				const box = document.querySelector('#graph .box');
				return {width: box.getBoundingClientRect().width, fill: Number(getComputedStyle(box).fillOpacity)};
			})()`, &box)
			require.Greater(t, box.Width, 20.0)
			require.Equal(t, 0.05, box.Fill, "the page's policy lets the picture have its style")

			p.click("#binary") // which the Filter takes out
			p.greet("Ada")
			flows.wantCell("connections", "/greeter", 6, "3 / 34 B")
			flows.wantCell("stages", "Filter", 2, "2")
			flows.wantCell("stages", "Map", 2, "2")
			flows.await("[...document.querySelectorAll('#graph .figures')].some((t) => t.textContent.startsWith('3'))")

			p.click("#disconnect")
			flows.await("document.querySelector('#total').textContent === '0 connections'")
			flows.await("document.querySelector('#waits').textContent === 'The connection has ended.'")
		})
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}
