package upgrade_test

import (
	"context"
	"io"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/upgrade"
)

func TestAddressKeyIsTheAddressOrItsNetwork(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234":              "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:1234": "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::]:1":     "2001:db8:1:2::/64",
		"[::ffff:192.0.2.1]:1234":     "192.0.2.1",
		"[fe80::1%eth0]:1234":         "fe80::/64",
		"[fe80::1%other]:1":           "fe80::/64",
		"192.0.2.1":                   "192.0.2.1",
		"client:7":                    "client",
		"@":                           "@",
		"":                            "",
	} {
		r := upgradeRequest("X-Forwarded-For", "203.0.113.9")
		r.RemoteAddr = remote
		require.Equal(t, want, upgrade.AddressKey(r), remote)
	}
}

func TestNetworksOfIPv6HaveALimitOfTheirOwn(t *testing.T) {
	u := &upgrade.Upgrader{MaxConnectionsPerKey: 1}
	upgradeFrom := func(addr string) error {
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		r := upgradeRequest()
		r.RemoteAddr = addr
		_, err := u.Upgrade(takes{httptest.NewRecorder(), func() (net.Conn, error) { return ours, nil }}, r)
		return err
	}
	require.NoError(t, upgradeFrom("[2001:db8::1]:1"))
	require.Error(t, upgradeFrom("[2001:db8::2]:1"), "the same network")
	require.NoError(t, upgradeFrom("[2001:db8:0:1::1]:1"))
	require.NoError(t, upgradeFrom("192.0.2.1:1"))
	require.Error(t, upgradeFrom("[::ffff:192.0.2.1]:1"), "the same address")
	require.Error(t, u.Shutdown(cancelled()), "they are live")
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
