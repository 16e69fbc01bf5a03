package protocol

import (
	"net/netip"
	"strings"
)

// isHost reports whether s can be the value of a Host field that names a host.
//
// RFC 7230, 5.4: "Host = uri-host [ ":" port ]"; RFC 3986, 3.2.2: "host =
// IP-literal / IPv4address / reg-name". An IP-literal is an IPv6 address here;
// zones and future versions are not.
func isHost(s string) bool {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		literal, port, ok := strings.Cut(rest, "]")
		if !ok || port != "" && !isPort(port) {
			return false
		}
		address, err := netip.ParseAddr(literal)
		return err == nil && address.Is6() && address.Zone() == ""
	}
	name, port := s, ""
	if i := strings.IndexByte(s, ':'); i >= 0 {
		name, port = s[:i], s[i:]
	}
	return isRegName(name) && (port == "" || isPort(port))
}

// isPort judges a port with the colon before it. RFC 3986, 3.2.3: "port =
// *DIGIT".
func isPort(s string) bool {
	return s[0] == ':' && len(s) <= len(":65535") && (s == ":" || isDigits(s[1:]))
}

// isRegName judges a host's name or IPv4 address.
//
// RFC 3986, 3.2.2: "reg-name = *( unreserved / pct-encoded / sub-delims )".
func isRegName(s string) bool {
	for i := range len(s) {
		switch c := lower(s[i]); {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case strings.IndexByte("-._~!$&'()*+,;=", c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
		default:
			return false
		}
	}
	return s != ""
}

func isHex(c byte) bool {
	c = lower(c)
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
}
