package wire_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/wsflow/wsflow/internal/wire"
)

func TestBytesArriveInOrderInBothDirections(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "to ")
	write(t, client, "server")
	write(t, server, "to client")
	reads(t, server, "to server", nil)
	reads(t, client, "to client", nil)
}

func TestWriteCopiesItsBytes(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	p := []byte("before")
	client.Write(p)
	copy(p, "after!")
	reads(t, server, "before", nil)
}

func TestReadWaitsForBytes(t *testing.T) {
	bubble(t, wire.Options{}, func(t *testing.T, client, server *wire.Conn) {
		p := make([]byte, 10)
		read := start(server.Read, p)
		waits(t, read)
		write(t, client, "late")
		ends(t, "read", read, 4, nil)
		equal(t, "read", string(p[:4]), "late")
	})
}

func TestCountersAreExact(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "hello")
	io.ReadFull(server, make([]byte, 2))
	equal(t, "written by client", client.BytesWritten(), 5)
	equal(t, "read by server", server.BytesRead(), 2)
	equal(t, "still to read", client.Buffered(), 3)

	equal(t, "written by server", server.BytesWritten(), 0)
	equal(t, "read by client", client.BytesRead(), 0)
	equal(t, "still to read", server.Buffered(), 0)
}

func TestOperationsOnNothingReturnAtOnce(t *testing.T) {
	client, server := wire.Pipe(wire.Options{Buffer: 1})
	write(t, client, "x") // now the buffer is full
	for _, p := range [][]byte{nil, {}} {
		n, err := client.Write(p)
		equal(t, "written", n, 0)
		fails(t, "write", err, nil)
		n, err = client.Read(p)
		equal(t, "read", n, 0)
		fails(t, "read", err, nil)
	}
	server.Close()
	_, err := server.Write(nil)
	fails(t, "write", err, net.ErrClosed)
	_, err = server.Read(nil)
	fails(t, "read", err, net.ErrClosed)
}

func TestAddressesHaveDefaults(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	equal[net.Addr](t, "client", client.LocalAddr(), wire.Addr("client:1"))
	equal[net.Addr](t, "server", server.LocalAddr(), wire.Addr("server:1"))
	equal(t, "client's peer", client.RemoteAddr(), server.LocalAddr())
	equal(t, "server's peer", server.RemoteAddr(), client.LocalAddr())
	equal(t, "network", client.LocalAddr().Network(), "memory")

	host, port, err := net.SplitHostPort(client.LocalAddr().String())
	equal(t, "host", host, "client")
	equal(t, "port", port, "1")
	fails(t, "split", err, nil)
}

func TestAddressesCanBeChosen(t *testing.T) {
	address := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	client, server := wire.Pipe(wire.Options{ClientAddr: address, ServerAddr: wire.Addr("s")})
	equal[net.Addr](t, "client", server.RemoteAddr(), address)
	equal[net.Addr](t, "server", client.RemoteAddr(), wire.Addr("s"))
}

func TestErrorsReadLikeThoseOfNet(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	server.Abort()
	_, err := client.Read(make([]byte, 1))
	equal(t, "peer's", err.Error(), "read memory client:1->server:1: read: connection reset by peer")
	_, err = server.Read(make([]byte, 1))
	equal(t, "own", err.Error(), "read memory server:1->client:1: use of closed network connection")
	var timeout net.Error
	equal(t, "a net.Error", errors.As(err, &timeout), true)
	equal(t, "a timeout", timeout.Timeout(), false)
}
