package upgrade_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/upgrade"
)

func TestRow19InterimAnswersAreSkipped(t *testing.T) {
	for name, interim := range map[string]string{
		"100-continue":       "HTTP/1.1 100 Continue\r\n\r\n",
		"103 with fields":    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nUpgrade: websocket\r\n\r\n",
		"several":            strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 16),
		"without phrase":     "HTTP/1.1 199\r\n\r\n",
		"large, before more": "HTTP/1.1 103 x\r\nX: " + strings.Repeat("x", 60_000) + "\r\n\r\nHTTP/1.1 103 x\r\nX: " + strings.Repeat("x", 60_000) + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				text := strings.Repeat("hello", 10_000)
				n.plays("server:80", answers(func(accept string) string {
					return interim + switching + accept + "\r\n\r\n" + bytesOf(t, text)
				}))
				c, resp, err := d.Dial(t.Context(), "ws://server/")
				require.NoError(t, err)
				require.Equal(t, 101, resp.StatusCode)
				heard, err := flow.Collect(t.Context(), c.Source())
				require.NoError(t, err)
				require.Len(t, heard, 1)
				require.Equal(t, text, heard[0].Text())
				_ = c.Close(1000, "")

				n.plays("server:80", says(interim+"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"))
				c, resp, err = d.Dial(t.Context(), "ws://server/")
				refused, body := refusal(t, c, resp, err)
				require.Equal(t, 401, refused.Status)
				require.Equal(t, "no", body)
			})
		})
	}
}

func TestRow19AnswersWithoutEndAreTypedErrors(t *testing.T) {
	for name, test := range map[string]struct {
		says, what string
	}{
		"interim answers": {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), "too many interim responses"},
		"header lines":    {"HTTP/1.1 101 x\r\n" + strings.Repeat("X: 1\r\n", 1000), "too many header lines"},
		"interim head":    {"HTTP/1.1 103 x\r\nX: " + strings.Repeat("x", 1<<20), "head is too long"},
		"head":            {"HTTP/1.1 101 x\r\nX: " + strings.Repeat("x", 1<<20), "upgrade: response: head is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
				n.plays("server:80", says(test.says))
				c, resp, err := d.Dial(t.Context(), "ws://server/")
				refusal(t, c, resp, err)
				require.ErrorContains(t, err, test.what)
				require.NotContains(t, err.Error(), "500", "the server has not said so")
			})
		})
	}
}

func TestRefusalQuotesWhatTheServerSaid(t *testing.T) {
	for says, want := range map[string]string{
		"HTTP/1.1 503 Busy\r\nContent-Length: 13\r\n\r\ntry later, ok": `upgrade: 503 Busy: server did not switch protocols: "try later, ok"`,
		"HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n":                   `upgrade: 403 Forbidden: server did not switch protocols`,
		"HTTP/1.1 799\r\nContent-Length: 0\r\n\r\n":                    `upgrade: 799: server did not switch protocols`,
		"HTTP/1.1 403 gar\xe7on\r\nContent-Length: 0\r\n\r\n":          `upgrade: 403: server did not switch protocols`,
		"HTTP/1.1 403 a\"b\r\nContent-Length: 0\r\n\r\n":               `upgrade: 403 "a\"b": server did not switch protocols`,
		"HTTP/1.1 400 x\r\nContent-Length: 5\r\n\r\n \r\n\x00 ":        `upgrade: 400 x: server did not switch protocols: "\x00"`,
		"HTTP/1.1 400 x\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00":  `upgrade: 400 x: server did not switch protocols`,
		"HTTP/1.1 400 x\r\nContent-Length: 500\r\n\r\n" + strings.Repeat("y", 500): fmt.Sprintf(
			`upgrade: 400 x: server did not switch protocols: "%s"…`, strings.Repeat("y", 200)),
		"HTTP/1.1 400 x\r\nContent-Type: text/HTML\r\nContent-Length: 6\r\n\r\n<html>": `upgrade: 400 x: server did not switch protocols`,
		switching + "wrong\r\n\r\nframes":                                              "upgrade: 101 Switching Protocols: Sec-WebSocket-Accept does not answer our key",
	} {
		withRedirects(t, func(t *testing.T, n *network, d *upgrade.Dialer) {
			n.plays("server:80", raw(10, says))
			c, resp, err := d.Dial(t.Context(), "ws://server/")
			refusal(t, c, resp, err)
			require.EqualError(t, err, want)
		})
	}
}
