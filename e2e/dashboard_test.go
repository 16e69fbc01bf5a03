package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChromiumShowsThePrices(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			server := startServer(t, "dashboard", scheme)
			fast, slow := b.visit(t, server.url), b.visit(t, server.url)
			for _, p := range []*tab{fast, slow} {
				p.wantText("#state", "open")
				p.await("document.querySelectorAll('#prices tr').length === 24")
				p.await("document.querySelector('#prices tr').cells[2].textContent > 2")
			}
			slow.write("#watch", "omega")
			slow.click("#slow")
			slow.await("document.querySelector('#slow').ariaPressed === 'true'")
			slow.await("document.querySelectorAll('#prices tr').length === 1")
			slow.await("Number(document.querySelector('#missed').textContent) > 50")
			slow.await("document.querySelector('#prices tr').cells[3].textContent > 50")
			var got int
			slow.evaluate("Number(document.querySelector('#got').textContent)", &got)
			require.Less(t, got, 50)
			fast.await("Number(document.querySelector('#got').textContent) > 500")

			fast.write("#watch", "beta, nothing alpha")
			fast.click("#apply")
			fast.await("[...document.querySelectorAll('#prices th')].map((th) => th.textContent).join() === 'ALPHA,BETA'")
			fast.await("Number(document.querySelector('#got').textContent) > 50")
			slow.write("#watch", "")
			slow.click("#slow")
			slow.await("Number(document.querySelector('#got').textContent) > 500")

			fast.evaluate("Math.random = () => 100", nil) // so long it waits before it connects again
			server.terminate()
			fast.wantText("#state", "closed, code 1001: server shuts down")
			server.wantExit()
		})
	}
	b.wantNoProblems(t)
}
