package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol/deflate"
	"github.com/wsflow/wsflow/upgrade"
)

// converseInAPage says what there is to say to an echo, and returns what was heard. Binary messages are told by their bytes.
const converseInAPage = `new Promise((resolve, reject) => {
	const pattern = '{"name": "sensor", "value": 17}'.repeat(6);
	const long = 'ü'.repeat(1 << 19);
	const sayings = [pattern, pattern, '', 'Zoë 小林 👩🏽‍🚀', new Uint8Array([0, 255, 128]), new Uint8Array(70000).fill(7), long];
	const ws = new WebSocket(%q);
	ws.binaryType = 'arraybuffer';
	let heard = 0;
	const same = (said, data) => typeof said === 'string' ? said === data
		: data instanceof ArrayBuffer && data.byteLength === said.length && new Uint8Array(data).every((byte, i) => byte === said[i]);
	ws.onopen = () => sayings.forEach((saying) => ws.send(saying));
	ws.onmessage = ({ data }) => {
		if (!same(sayings[heard], data)) reject(new Error('message ' + heard + ' came back as another'));
		if (++heard === sayings.length) ws.close(3000, 'enough');
	};
	ws.onclose = ({ code, reason, wasClean }) => resolve({ heard, code, reason, clean: wasClean, extensions: ws.extensions });
	ws.onerror = () => reject(new Error('the connection has failed'));
})`

func TestChromiumTalksToUsCompressed(t *testing.T) {
	b := startBrowser(t)
	for _, a := range []struct {
		name     string
		settings deflate.Settings
		agreed   []string
	}{
		{"no context takeover", deflate.Settings{}, []string{"server_no_context_takeover", "client_no_context_takeover"}},
		{"context takeover", deflate.Settings{Server: deflate.Window{Takeover: true}, Client: deflate.Window{Takeover: true}}, nil},
		{
			"small windows",
			deflate.Settings{Server: deflate.Window{Bits: 9, Takeover: true}, Client: deflate.Window{Bits: 10, Takeover: true}},
			[]string{"server_max_window_bits=9", "client_max_window_bits=10"},
		},
	} {
		for name, reply := range replies {
			t.Run(a.name+", replies "+name, func(t *testing.T) {
				a.settings.Threshold = -1
				page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, "<!doctype html><title>a page</title>")
				}))
				t.Cleanup(page.Close)
				ws := &upgrade.Upgrader{
					Settings: upgrade.Settings{Compression: &a.settings, Logger: quiet}, Origins: []string{page.URL},
				}
				server := httptest.NewServer(ws.Handler(reply))
				t.Cleanup(server.Close)
				wire := relayTo(t, "ws"+strings.TrimPrefix(server.URL, "http")+"/")
				tab := b.visit(t, page.URL)
				tab.await("document.title === 'a page'")
				var got struct {
					Heard, Code        int
					Reason, Extensions string
					Clean              bool
				}
				tab.evaluate(fmt.Sprintf(converseInAPage, wire.url), &got)
				require.Equal(t, 7, got.Heard)
				require.Equal(t, 3000, got.Code)
				require.Equal(t, "enough", got.Reason)
				require.True(t, got.Clean)

				up, down := wire.read(t)
				require.Contains(t, up.extensions(), "permessage-deflate; client_max_window_bits")
				require.Contains(t, got.Extensions, "permessage-deflate")
				for _, parameter := range a.agreed {
					require.Contains(t, down.extensions(), parameter)
				}
				for who, said := range map[string]*record{"Chromium": up, "we": down} {
					require.Len(t, said.messages, 7, who)
					require.GreaterOrEqual(t, said.compressed(), 5, who) // an empty one need not be
					require.Less(t, said.size(), 100_000, "%s: all of it shrinks", who)
					if a.settings.Server.Takeover {
						require.Less(t, said.messages[1].size, said.messages[0].size/2, "%s: what was said before is referred to", who)
					}
				}
			})
		}
	}
}
