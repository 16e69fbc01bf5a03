package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A chatPage is the page of the chat in a browser.
type chatPage struct{ *tab }

func enterChat(t *testing.T, b *browser, url, room, name string) chatPage {
	t.Helper()
	p := chatPage{b.visit(t, url)}
	p.write("#room", room)
	p.write("#name", name)
	p.click("#go")
	p.wantText("#state", "connected")
	return p
}

// wantText waits until an element has a text.
func (p *tab) wantText(selector, text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("document.querySelector(%q)?.textContent === %q", selector, text))
}

// wantItems waits until a list has items with these texts.
func (p *tab) wantItems(list string, texts ...string) {
	p.t.Helper()
	p.await(fmt.Sprintf("[...document.querySelectorAll('%s li')].map((li) => li.textContent).join('\\n') === %q",
		list, strings.Join(texts, "\n")))
}

func (p chatPage) say(text string) {
	p.t.Helper()
	p.write("#text", text)
	p.click("#send")
}

// wantPresent waits until a set of members is there, in any order.
func (p chatPage) wantPresent(names ...string) {
	p.t.Helper()
	p.await(fmt.Sprintf("[...document.querySelectorAll('#present li')].map((li) => li.textContent).sort().join() === %q",
		strings.Join(names, ",")))
}

// comeBackAfter makes the page wait long, or not, before it comes back: its wait has an element of chance.
func (p chatPage) comeBackAfter(chance int) {
	p.t.Helper()
	p.evaluate(fmt.Sprintf("Math.random = () => %d", chance), nil)
}

func TestChromiumChats(t *testing.T) {
	b := startBrowser(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			server := startServer(t, "chat", scheme)
			ada := enterChat(t, b, server.url, "lobby", "Ada")
			ada.wantPresent("Ada")
			ada.say("anybody here?")
			ada.wantItems("#log", "Ada: anybody here?")
			zoe := enterChat(t, b, server.url, "lobby", "Zoë")
			zoe.wantPresent("Ada", "Zoë")
			zoe.wantItems("#log", "Ada: anybody here?")
			ada.wantPresent("Ada", "Zoë")
			zoe.say("<b>me</b> 👩🏽‍🚀")
			for _, p := range []chatPage{ada, zoe} {
				p.await("document.querySelector('#log li:last-child').textContent === 'Zoë: <b>me</b> 👩🏽‍🚀'")
			}
			another := enterChat(t, b, server.url, "lobby", "Zoë") // who has two tabs then
			another.wantPresent("Ada", "Zoë")

			another.write("#room", "attic")
			another.click("#go")
			another.wantPresent("Zoë")
			another.wantItems("#log")
			ada.say("still there?")
			zoe.await("document.querySelector('#log li:last-child').textContent === 'Ada: still there?'")
			zoe.write("#room", "attic")
			zoe.click("#go")
			ada.wantItems("#log", "Ada: anybody here?", "Zoë has come", "Zoë: <b>me</b> 👩🏽‍🚀", "Ada: still there?", "Zoë has left")
			ada.wantPresent("Ada")

			ada.evaluate(`for (let i = 0; i < 20; i++) socket.send('{"text":"quick"}')`, nil)
			ada.wantText("#state", "closed, code 1008: you talk too fast")
			zoe.comeBackAfter(100)
			server.terminate()
			zoe.await("document.querySelector('#state').textContent.startsWith('closed, code 1001: server shuts down; connecting again')")
			server.wantExit()
		})
	}
	b.wantNoProblems(t)
}

// What the server would refuse, without a word that a page can read, the page refuses itself.
func TestChromiumChecksNames(t *testing.T) {
	b := startBrowser(t)
	p := chatPage{b.visit(t, startServer(t, "chat", "http").url)}
	for name, ok := range map[string]bool{
		"Ada": true, "Zoë v. Å-1": true, "小林": true, strings.Repeat("x", 32): true,
		"": false, " Ada": false, "Ada.": false, "a/b": false, "a\u200bb": false, strings.Repeat("x", 33): false,
	} {
		p.write("#name", name)
		var valid bool
		p.evaluate("document.querySelector('#enter').checkValidity()", &valid)
		require.Equal(t, ok, valid, name)
	}
	p.write("#name", "-")
	p.click("#go")
	p.wantText("#state", "not connected")
	b.wantNoProblems(t)
}

func TestChromiumComesBackToTheChat(t *testing.T) {
	b := startBrowser(t)
	server := startServer(t, "chat", "http")
	network := relayTo(t, server.ws("/"))
	away := enterChat(t, b, "http"+strings.TrimPrefix(network.url, "ws"), "lobby", "Ada")
	other := enterChat(t, b, server.url, "lobby", "Bob")
	away.wantPresent("Ada", "Bob")
	other.say("before")
	away.wantItems("#log", "Bob has come", "Bob: before")

	away.comeBackAfter(100)
	network.cut()
	other.wantPresent("Bob")
	other.say("meanwhile")
	other.say("and meanwhile")
	other.wantItems("#log", "Bob: before", "Ada has left", "Bob: meanwhile", "Bob: and meanwhile")
	away.await("document.querySelector('#state').textContent.startsWith('closed, code 1006; connecting again')")
	away.click("#go")
	away.wantText("#state", "connected")
	away.wantItems("#log", "Bob has come", "Bob: before", "Bob: meanwhile", "Bob: and meanwhile")
	away.wantPresent("Ada", "Bob")
	other.wantPresent("Ada", "Bob")

	away.comeBackAfter(0)
	away.evaluate("window.before = socket", nil)
	network.cut()
	away.await("socket !== before && document.querySelector('#state').textContent === 'connected'")
	away.say("back")
	away.await("document.querySelector('#log li:last-child').textContent === 'Ada: back'")
	b.wantNoProblems(t)
}

// wantNoProblems fails the test if a page has thrown an exception.
func (b *browser) wantNoProblems(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.problems, "exceptions of the page: %s", strings.Join(b.problems, "\n"))
}
