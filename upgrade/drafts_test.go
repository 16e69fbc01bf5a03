package upgrade_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/flow"
	"github.com/wsflow/wsflow/message"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/wstest"
)

func TestD3DraftVersionsAreAnOption(t *testing.T) {
	for _, version := range []string{"7", "8"} {
		var rejection *upgrade.Rejection
		_, err := new(upgrade.Upgrader).Check(upgradeRequest("Sec-WebSocket-Version", version))
		require.ErrorAs(t, err, &rejection)
		require.Equal(t, http.StatusUpgradeRequired, rejection.Status)
		require.Equal(t, "13", rejection.Header.Get("Sec-WebSocket-Version"))
		_, err = (&upgrade.Upgrader{Drafts: true}).Check(upgradeRequest("Sec-WebSocket-Version", version))
		require.NoError(t, err)
	}
	var rejection *upgrade.Rejection
	_, err := (&upgrade.Upgrader{Drafts: true}).Check(upgradeRequest("Sec-WebSocket-Version", "6"))
	require.ErrorAs(t, err, &rejection)
	require.Equal(t, "13, 8, 7", rejection.Header.Get("Sec-WebSocket-Version"))
}

func TestOriginOfADraftHasToBeTheHost(t *testing.T) {
	const good, evil = "http://example.com", "http://evil.com"
	for name, test := range map[string]struct {
		version       string
		origin, draft []string
		ok            bool
	}{
		"none":                           {"8", nil, nil, true},
		"the host's":                     {"8", nil, []string{good}, true},
		"evil":                           {"8", nil, []string{evil}, false},
		"evil, version 7":                {"7", nil, []string{evil}, false},
		"evil, in the field of draft 11": {"8", []string{evil}, nil, false},
		"the host's in one field, evil in the other": {"8", []string{good}, []string{evil}, false},
		"evil in one field, the host's in the other": {"8", []string{evil}, []string{good}, false},
		"both":                 {"8", []string{good}, []string{good}, true},
		"two values":           {"8", nil, []string{good, evil}, false},
		"empty":                {"8", nil, []string{""}, false},
		"null":                 {"8", nil, []string{"null"}, false},
		"13 has its own field": {"13", []string{evil}, []string{good}, false},
	} {
		t.Run(name, func(t *testing.T) {
			u := upgrade.Upgrader{Settings: quiet, Drafts: true}
			r := upgradeRequest("Sec-WebSocket-Version", test.version)
			if test.origin != nil {
				r.Header["Origin"] = test.origin
			}
			if test.draft != nil {
				r.Header["Sec-Websocket-Origin"] = test.draft
			}
			_, err := u.Check(r)
			if test.ok {
				require.NoError(t, err)
				return
			}
			var rejection *upgrade.Rejection
			require.ErrorAs(t, err, &rejection)
			require.Equal(t, http.StatusForbidden, rejection.Status)
			_, err = (&upgrade.Upgrader{Drafts: true, InsecureAnyOrigin: true}).Check(r)
			require.NoError(t, err)
		})
	}
}

func TestConversationInADraftVersion(t *testing.T) {
	for _, version := range []int{7, 8} {
		synctest.Test(t, func(t *testing.T) {
			u := &upgrade.Upgrader{Settings: quiet, Drafts: true}
			versions := make(chan string, 1)
			s := wstest.NewServer(t, u.HandlerFunc(func(q *upgrade.Request) (upgrade.Handler, error) {
				versions <- q.Header.Get("Sec-WebSocket-Version") + " " + q.Header.Get("Sec-WebSocket-Origin")
				return echo, nil
			}))
			d := s.Dialer()
			d.Version, d.Header = version, http.Header{"Origin": {s.HTTPURL("")}}
			c, _, err := d.Dial(context.Background(), s.URL("/"))
			require.NoError(t, err)
			require.Equal(t, string(rune('0'+version))+" "+s.HTTPURL(""), <-versions)
			require.NoError(t, c.Run(context.Background(), func(in source) source {
				return flow.Concat(flow.Of(message.Text("Grüße")), flow.FromFunc(func(ctx context.Context, emit func(message.Message) error) error {
					return flow.Take(in, 1).Run(ctx, func(m message.Message) error {
						require.Equal(t, "Grüße", m.Text())
						return nil
					})
				}))
			}))

			d.Header.Set("Origin", "http://evil.com")
			_, resp, err := d.Dial(context.Background(), s.URL("/"))
			require.Error(t, err)
			require.Equal(t, http.StatusForbidden, resp.StatusCode)
		})
	}
}
