package protocol

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestD3DraftVersionsAreAcceptedOnlyIfAskedFor(t *testing.T) {
	for version, draft := range map[string]bool{"13": false, "8": true, "7": true} {
		t.Run(version, func(t *testing.T) {
			r := upgrade("Sec-WebSocket-Version", version)
			offer, err := CheckDraftRequest(r)
			require.NoError(t, err)
			require.Equal(t, version, strconv.Itoa(offer.Version))
			require.Equal(t, "dGhlIHNhbXBsZSBub25jZQ==", offer.Key)
			require.Equal(t, []string{"chat", "superchat"}, offer.Subprotocols)
			_, err = CheckRequest(r)
			if draft {
				e := requireStatus(t, err, 426, "not 13")
				require.Equal(t, "13", e.Header.Get("Sec-WebSocket-Version"))
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestDraftRequestIsRefusedWithTheVersionsThatWeSpeak(t *testing.T) {
	for _, versions := range [][]string{nil, {"6"}, {"9"}, {"12"}, {"14"}, {"13, 8"}, {"8", "8"}, {"08"}, {" 8"}, {""}} {
		_, err := CheckDraftRequest(upgrade("Sec-WebSocket-Version", versions...))
		e := requireStatus(t, err, 426, "not 13, 8, 7")
		require.Equal(t, "13, 8, 7", e.Header.Get("Sec-WebSocket-Version"))
		require.Equal(t, "websocket", e.Header.Get("Upgrade"))
	}
	_, err := CheckDraftRequest(upgrade("Sec-WebSocket-Key"))
	requireStatus(t, err, 400, "Key is missing")
	_, err = CheckDraftRequest(with(upgrade("X"), func(r *Request) { r.Host = "[::" }))
	requireStatus(t, err, 400, "Host is malformed")
}

func TestOriginOfADraftIsInAFieldOfItsOwn(t *testing.T) {
	for name, c := range map[string]struct {
		version       string
		origin, draft []string
		want          string
	}{
		"none":                          {version: "8", want: ""},
		"version 8 up to draft 10":      {version: "8", draft: []string{"http://a"}, want: "http://a"},
		"version 7":                     {version: "7", draft: []string{"http://a"}, want: "http://a"},
		"version 8 from draft 11 on":    {version: "8", origin: []string{"http://a"}, want: "http://a"},
		"both fields, one value":        {version: "8", origin: []string{"http://a"}, draft: []string{"http://a"}, want: "http://a"},
		"both fields, two values":       {version: "8", origin: []string{"http://b"}, draft: []string{"http://a"}, want: "http://a, http://b"},
		"two values in a field":         {version: "8", draft: []string{"http://b", "http://a"}, want: "http://a, http://b"},
		"13 does not look at a draft's": {version: "13", draft: []string{"http://a"}, want: ""},
		"13":                            {version: "13", origin: []string{"http://a"}, draft: []string{"http://b"}, want: "http://a"},
	} {
		t.Run(name, func(t *testing.T) {
			r := upgrade("Sec-WebSocket-Version", c.version)
			delete(r.Header, "Origin")
			for _, value := range c.origin {
				r.Header.Add("Origin", value)
			}
			for _, value := range c.draft {
				r.Header.Add("Sec-WebSocket-Origin", value)
			}
			offer, err := CheckDraftRequest(r)
			require.NoError(t, err)
			require.Equal(t, c.want, offer.Origin)
			require.Equal(t, c.origin, r.Header["Origin"])
		})
	}
}

func TestClientAsksForADraft(t *testing.T) {
	for _, version := range []int{0, 13, 8, 7} {
		h := sampleHandshake()
		h.Version, h.Header = version, Header{"origin": {"http://a"}}
		b, err := h.AppendRequest(nil)
		require.NoError(t, err)
		r, _, err := ParseRequest(b, 0)
		require.NoError(t, err)
		offer, err := CheckDraftRequest(r)
		require.NoError(t, err)
		require.Equal(t, "http://a", offer.Origin)
		if version == 7 || version == 8 {
			require.Equal(t, version, offer.Version)
			require.Contains(t, string(b), "\r\nSec-WebSocket-Origin: http://a\r\n")
			require.NotContains(t, string(b), "\r\norigin:")
			continue
		}
		require.Equal(t, 13, offer.Version)
		require.Contains(t, string(b), "\r\norigin: http://a\r\n")
	}
	for _, version := range []int{-1, 1, 6, 9, 12, 14} {
		h := sampleHandshake()
		h.Version = version
		b, err := h.AppendRequest([]byte("x"))
		require.ErrorIs(t, err, ErrInvalidHeader)
		require.Equal(t, "x", string(b))
	}
}

func TestCheckUpgradeLeavesOutTheVersion(t *testing.T) {
	require.NoError(t, CheckUpgrade(upgrade("Sec-WebSocket-Version")))
	requireStatus(t, CheckUpgrade(upgrade("Upgrade")), 426, "Upgrade")
	requireStatus(t, CheckUpgrade(with(upgrade("X"), func(r *Request) { r.Host = "a b" })), 400, "Host is malformed")
}
