package wire

import (
	"net"
	"strconv"
)

// An Addr is an address in memory. It has the form host:port, so that what splits
// the addresses of net can split it, but it stands for itself only: nothing looks it up.
type Addr string

var _ net.Addr = Addr("")

// Network is "memory".
func (Addr) Network() string { return "memory" }

// String is the address itself.
func (a Addr) String() string { return string(a) }

// serverAddr is where servers are, if Options do not say.
const serverAddr = Addr("server:1")

// clientAddr is the address of the n-th client, if Options do not say.
func clientAddr(n int64) Addr {
	return Addr("client:" + strconv.FormatInt(n, 10))
}
