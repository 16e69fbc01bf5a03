package otel_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/wstest"
)

// Exporters refuse a batch for one text of it that is not UTF-8.
func TestWhatPeersChooseIsShortAndUTF8InSpans(t *testing.T) {
	for name, chosen := range map[string]struct{ path, agent string }{
		"not UTF-8":          {"/%ff%fe", "agent \xff"},
		"long":               {"/" + strings.Repeat("x", 3000), strings.Repeat("y", 3000)},
		"cut in a character": {"/" + strings.Repeat("%C3%B6", 500), strings.Repeat("ö", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSetup(t)
				server := wstest.NewServer(t, s.upgrader().Handler(echo))
				d := server.Dialer()
				d.Header = http.Header{"User-Agent": {chosen.agent}}
				c, _, err := d.Dial(t.Context(), server.URL(chosen.path))
				require.NoError(t, err)
				require.NoError(t, c.Close(protocol.CloseNormal, ""))
				synctest.Wait()
				got := attributes(s.only(t))
				require.Contains(t, got, "user_agent.original")
				for key, value := range got {
					if text, ok := value.(string); ok {
						require.True(t, utf8.ValidString(text), key)
						require.LessOrEqual(t, len(text), 300, key)
					}
				}
			})
		})
	}
}

func TestErrorsThatRepeatWhatPeersSendAreUTF8InSpans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		fail(t, s.upgrader(), func() error { return errors.New("unknown command \xff") }, protocol.CloseInternalError)
		span := s.only(t)
		require.True(t, utf8.ValidString(span.Status().Description))
		for _, kv := range span.Events()[0].Attributes {
			require.True(t, utf8.ValidString(kv.Value.AsString()), kv.Key)
		}
	})
}
