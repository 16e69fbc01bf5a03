//go:build !unix

package upgrade

import "net"

// A rawReader reads sockets without holding a buffer; there is none on this system.
type rawReader struct{}

func newRawReader(net.Conn) *rawReader { return nil }

func (r *rawReader) read([]byte) (*buffer, int, error) { return nil, 0, net.ErrClosed }
