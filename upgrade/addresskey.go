package upgrade

import (
	"net"
	"net/http"
	"net/netip"
)

// AddressKey returns the address that a request comes from, as [Upgrader].Key does by default: that of
// [http.Request].RemoteAddr without its port, and of IPv6 the network of 64 bits, which is what one customer has at least.
// Headers that name another client, such as X-Forwarded-For, are not trusted: whoever asks can write them.
func AddressKey(r *http.Request) string { return addressKey(r.RemoteAddr) }

func addressKey(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	addr = addr.WithZone("").Unmap()
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}
