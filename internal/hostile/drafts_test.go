package hostile_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/upgrade"
	"github.com/wsflow/wsflow/upgrade/hixie"
)

// drafts is a server that speaks hixie-76 too.
func drafts() setup {
	return setup{http: func(ws *upgrade.Upgrader, s *site) http.Handler {
		return &hixie.Handler{Upgrader: ws, Handler: s.witness(echo)}
	}}
}

// ask76 is the request of the draft's example, but for a key and its body.
func ask76(key string) string {
	return "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nOrigin: http://example.com\r\n" +
		"Sec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\nSec-WebSocket-Key1: " + key + "\r\n\r\n"
}

const rightKey = "4 @1  46546xW%0l 1 5"

func TestRow55KeysThatHideNoNumber(t *testing.T) {
	everywhere(t, drafts(), func(t *testing.T, s *site) {
		for _, key := range []string{"4@146546xW%0l15", "a b c", "1 1 1", ""} {
			c := s.dial()
			c.say(ask76(key) + "^n:ds[4U")
			resp, _ := c.answer()
			require.Equal(t, 400, resp.StatusCode, key)
			require.NoError(t, c.nc.Close())
		}
	})
}

// open76 opens a connection whose body comes in pieces, and waits for the digest.
func open76(t *testing.T, s *site, pause time.Duration) *client {
	t.Helper()
	c := s.dial()
	c.say(ask76(rightKey))
	for _, b := range "^n:ds[4U" {
		time.Sleep(pause)
		c.say(string(b))
	}
	var head strings.Builder
	for !strings.HasSuffix(head.String(), "\r\n\r\n8jKS'y:G*Co,Wxa-") {
		b, err := c.r.ReadByte()
		require.NoError(t, err, head.String())
		head.WriteByte(b)
	}
	require.True(t, strings.HasPrefix(head.String(), "HTTP/1.1 101 "), head.String())
	return c
}

func TestRow55DelayedBody(t *testing.T) {
	everywhere(t, drafts(), func(t *testing.T, s *site) {
		pause := time.Second
		if s.tcp {
			pause = time.Millisecond
		}
		c := open76(t, s, pause)
		c.say("\x00hello\xff")
		got := make([]byte, 7)
		_, err := io.ReadFull(c.r, got)
		require.NoError(t, err)
		require.Equal(t, "\x00hello\xff", string(got))
		c.say("\xff\x00")
		require.Equal(t, "\xff\x00", c.gone())
		s.wantSeen("hello")
	})
}

func TestRow55LengthWithoutEnd(t *testing.T) {
	everywhere(t, drafts(), func(t *testing.T, s *site) {
		c := open76(t, s, 0)
		c.say("\x80" + strings.Repeat("\x80", 1_000_000))
		c.gone()
		s.wantSeen()
		var closed *upgrade.CloseError
		require.ErrorAs(t, s.last, &closed)
		require.Equal(t, protocol.CloseProtocolError, closed.Code)
	})
}
