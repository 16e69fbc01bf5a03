//go:build unix

package upgrade

import (
	"io"
	"net"
	"os"
	"syscall"
)

// A rawReader reads a socket with a buffer that it takes only once there is something to read.
type rawReader struct {
	rc   syscall.RawConn
	try  func(fd uintptr) bool // tryRead, bound once
	rest []byte                // goes before what is read
	buf  *buffer
	n    int
	err  error
}

// newRawReader returns nil for what is not exactly a socket of the operating system: what
// embeds one may count on its Read being called.
func newRawReader(nc net.Conn) *rawReader {
	var rc syscall.RawConn
	var err error
	switch nc := nc.(type) {
	case *net.TCPConn:
		rc, err = nc.SyscallConn()
	case *net.UnixConn:
		rc, err = nc.SyscallConn()
	default:
		return nil
	}
	if err != nil {
		return nil
	}
	r := &rawReader{rc: rc}
	r.try = r.tryRead
	return r
}

// read waits until there is something to read and returns a buffer that begins with rest, and the number of
// bytes in it. The buffer is nil if there is an error.
func (r *rawReader) read(rest []byte) (*buffer, int, error) {
	r.rest = rest
	err := r.rc.Read(r.try)
	buf, n := r.buf, r.n
	if err == nil {
		err = r.err
	}
	r.rest, r.buf, r.err = nil, nil, nil
	if err != nil {
		if buf != nil {
			buffers.Put(buf)
		}
		return nil, 0, err
	}
	return buf, n, nil
}

// tryRead reports false if it has to be called again when the socket is readable.
func (r *rawReader) tryRead(fd uintptr) bool {
	buf := buffers.Get().(*buffer)
	kept := copy(buf[:], r.rest)
	for {
		n, err := syscall.Read(int(fd), buf[kept:])
		switch {
		case err == syscall.EINTR: // an errno
			continue
		case err == syscall.EAGAIN: // an errno
			buffers.Put(buf)
			return false
		case err != nil:
			r.err = os.NewSyscallError("read", err)
		case n == 0:
			r.err = io.EOF
		}
		r.buf, r.n = buf, kept+n
		return true
	}
}
