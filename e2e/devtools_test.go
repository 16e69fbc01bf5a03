package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
)

// A command is what a browser is told by the Chrome DevTools Protocol.
type command struct {
	ID      int    `json:"id"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
	Session string `json:"sessionId,omitempty"`
}

// A report is what it answers, to the command of that ID, or tells without being asked.
type report struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// A browser is a Chromium, at the other end of a WebSocket connection of ours. The connection is the graph
//
//	commands (a queue) → JSON → Chromium → JSON → reports
type browser struct {
	*process
	commands *flow.Queue[command]

	mu       sync.Mutex
	last     int
	waiting  map[int]chan report
	problems []string // exceptions of the page
}

// startBrowser starts Chromium with a profile of its own and connects to it.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	name, err := exec.LookPath("chromium")
	need(t, err == nil, "Chromium", "apt-get install chromium")
	b := &browser{commands: flow.NewQueue[command](100), waiting: make(map[int]chan report)}
	b.process = start(
		t, name, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--ignore-certificate-errors", "--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", "about:blank",
	)
	dialer := upgrade.Dialer{Settings: upgrade.Settings{MaxMessage: 64 << 20}}
	conn, _, err := dialer.Dial(within(t), b.await(`DevTools listening on (ws://\S+)`))
	require.NoError(t, err)

	ended := make(chan error, 1)
	go func() {
		ended <- conn.Run(context.Background(), message.JSON(flow.FromSinkAndSource(flow.ForEach(b.take), b.commands.Source())))
	}()
	t.Cleanup(func() {
		b.commands.Close() // which completes the source, and so closes the connection
		if err := receive(t, ended, "the end of the connection to Chromium"); err != nil {
			t.Errorf("the connection to Chromium ended with %v", err)
		}
	})
	return b
}

// take hands every report to who waits for it.
func (b *browser) take(_ context.Context, r report) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case r.ID != 0:
		b.waiting[r.ID] <- r
		delete(b.waiting, r.ID)
	case r.Method == "Runtime.exceptionThrown":
		b.problems = append(b.problems, string(r.Params))
	}
	return nil
}

// call tells the browser something and decodes its answer into result, unless that is nil.
func (b *browser) call(t *testing.T, session, method string, params, result any) {
	t.Helper()
	answer := make(chan report, 1)
	b.mu.Lock()
	b.last++
	c := command{ID: b.last, Method: method, Params: params, Session: session}
	b.waiting[c.ID] = answer
	b.mu.Unlock()
	require.Equal(t, flow.Taken, b.commands.Offer(c))
	r := receive(t, answer, fmt.Sprintf("the answer to %s %v", method, params))
	if r.Error != nil {
		require.FailNow(t, r.Error.Message, "%s %v", method, params)
	}
	if result != nil {
		require.NoError(t, json.Unmarshal(r.Result, result))
	}
}

// object is one of JSON.
type object map[string]any

// A tab shows a page.
type tab struct {
	t       *testing.T
	browser *browser
	session string
}

// visit opens a page in a new tab, until the test ends.
func (b *browser) visit(t *testing.T, url string) *tab {
	t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	b.call(t, "", "Target.createTarget", object{"url": "about:blank"}, &target)
	t.Cleanup(func() { b.call(t, "", "Target.closeTarget", object{"targetId": target.ID}, nil) })
	b.call(t, "", "Target.attachToTarget", object{"targetId": target.ID, "flatten": true}, &session)
	page := &tab{t: t, browser: b, session: session.ID}
	page.call("Runtime.enable", object{}, nil)
	var loaded struct {
		Error string `json:"errorText"`
	}
	page.call("Page.navigate", object{"url": url}, &loaded)
	require.Empty(t, loaded.Error)
	return page
}

func (p *tab) call(method string, params, result any) {
	p.t.Helper()
	p.browser.call(p.t, p.session, method, params, result)
}

// evaluate returns the value of an expression, or of the promise that it is.
func (p *tab) evaluate(expression string, value any) {
	p.t.Helper()
	var result struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	p.call("Runtime.evaluate", object{"expression": expression, "awaitPromise": true, "returnByValue": true}, &result)
	require.Empty(p.t, string(result.Exception), expression)
	if value != nil {
		require.NoError(p.t, json.Unmarshal(result.Result.Value, value))
	}
}

// await waits until a condition holds. The page is asked after each change to it.
func (p *tab) await(condition string) {
	p.t.Helper()
	p.evaluate(fmt.Sprintf(`new Promise((resolve, reject) => {
		const holds = () => %s;
		if (holds()) return resolve();
		const late = () => reject(new Error('waited too long; the page says: ' + document.body?.innerText));
		const timer = setTimeout(late, %d);
		new MutationObserver((_, observer) => {
			if (!holds()) return;
			observer.disconnect();
			clearTimeout(timer);
			resolve();
		}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
	})`, condition, (patience/2).Milliseconds()), nil)
}

// click presses and releases the mouse over an element.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.await(fmt.Sprintf("document.querySelector(%q) && !document.querySelector(%q).disabled", selector, selector))
	var at struct{ X, Y float64 }
	p.evaluate(fmt.Sprintf(`(() => {
		const element = document.querySelector(%q);
		element.scrollIntoView({block: 'center'});
		const box = element.getBoundingClientRect();
		return {X: box.x + box.width / 2, Y: box.y + box.height / 2};
	})()`, selector), &at)
	for _, what := range []string{"mousePressed", "mouseReleased"} {
		p.call("Input.dispatchMouseEvent", object{"type": what, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// write replaces the text of an input field by what is typed.
func (p *tab) write(selector, text string) {
	p.t.Helper()
	p.click(selector)
	p.evaluate(fmt.Sprintf("document.querySelector(%q).select()", selector), nil)
	p.call("Input.insertText", object{"text": text}, nil)
}
