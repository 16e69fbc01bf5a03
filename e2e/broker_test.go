package e2e_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// startBroker starts the example that is a module of its own.
func startBroker(t *testing.T, args ...string) *server {
	t.Helper()
	name := program(t, filepath.Join("..", "examples", "broker"), "github.com/wsflow/wsflow/examples/broker")
	p := start(t, name, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	return &server{process: p, url: p.await(`listening on (http://\S+)\n`)}
}

// enterRoom returns once the page hears what it says: to be connected is not to be subscribed yet.
func enterRoom(t *testing.T, b *browser, s *server, room string) *tab {
	t.Helper()
	p := b.visit(t, s.url)
	p.write("#room", room)
	p.click("#enter button")
	p.wantText("#state", "connected")
	p.evaluate(`new Promise((resolve) => {
		const timer = setInterval(() => {
			if (document.querySelector('#heard li')) resolve(clearInterval(timer));
			else socket.send('ready?');
		}, 50);
	})`, nil)
	return p
}

// A room is that of all processes at a broker.
func TestChromiumTalksThroughABroker(t *testing.T) {
	b := startBrowser(t)
	one := startBroker(t)
	another := startBroker(t, "-nats", one.await(`broker at (\S+)\n`))
	ada, bob := enterRoom(t, b, one, "blue"), enterRoom(t, b, another, "blue")
	elsewhere := enterRoom(t, b, one, "red")
	hears := func(text string) string {
		return fmt.Sprintf("[...document.querySelectorAll('#heard li')].some((li) => li.textContent === %q)", text)
	}
	for _, p := range []*tab{ada, bob, elsewhere} {
		p.write("#text", "<i>hello</i> from "+p.session)
		p.click("#say button")
	}
	for _, p := range []*tab{ada, bob} {
		p.await(hears("<i>hello</i> from " + ada.session))
		p.await(hears("<i>hello</i> from " + bob.session))
	}
	elsewhere.await(hears("<i>hello</i> from " + elsewhere.session))
	var heard string
	elsewhere.evaluate("document.querySelector('#heard').textContent", &heard)
	require.NotContains(t, heard, ada.session)

	another.terminate()
	bob.wantText("#state", "closed, code 1001: server shuts down")
	another.wantExit()
	one.terminate()
	ada.wantText("#state", "closed, code 1001: server shuts down")
	one.wantExit()
	b.wantNoProblems(t)
}
