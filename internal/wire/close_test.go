package wire_test

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/wsflow/wsflow/internal/wire"
)

func TestFinishedEndIsReadToItsEnd(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "last words")
	fails(t, "close", client.CloseWrite(), nil)
	fails(t, "close", client.CloseWrite(), nil) // again does nothing
	reads(t, server, "last words", nil)
	reads(t, server, "", io.EOF)
	reads(t, server, "", io.EOF)
}

func TestFinishedEndCanStillRead(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	client.CloseWrite()
	write(t, server, "reply")
	reads(t, client, "reply", nil)
	server.CloseWrite()
	reads(t, client, "", io.EOF)
}

func TestFinishedEndCannotWrite(t *testing.T) {
	client, _ := wire.Pipe(wire.Options{})
	client.CloseWrite()
	_, err := client.Write([]byte("x"))
	fails(t, "write", err, syscall.EPIPE)
}

func TestCloseIsGraceful(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, server, "never read")
	write(t, client, "last words")
	fails(t, "close", client.Close(), nil)

	_, err := server.Write([]byte("x"))
	fails(t, "write", err, syscall.EPIPE)
	reads(t, server, "last words", nil)
	reads(t, server, "", io.EOF)
	fails(t, "close", server.Close(), nil)
}

func TestOperationsFailAfterClose(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(c *wire.Conn)
	}{
		{"closed", func(c *wire.Conn) { c.Close() }},
		{"aborted", (*wire.Conn).Abort},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, server := wire.Pipe(wire.Options{})
			write(t, server, "never read")
			test.end(client)
			reads(t, client, "", net.ErrClosed)
			_, err := client.Write([]byte("x"))
			fails(t, "write", err, net.ErrClosed)
			fails(t, "close", client.Close(), net.ErrClosed)
			fails(t, "close", client.CloseWrite(), net.ErrClosed)
			fails(t, "set", client.SetDeadline(time.Now()), net.ErrClosed)
			fails(t, "set", client.SetReadDeadline(time.Now()), net.ErrClosed)
			fails(t, "set", client.SetWriteDeadline(time.Time{}), net.ErrClosed)
			equal(t, "buffered", server.Buffered(), 0)
		})
	}
}

func TestAbortLosesWhatIsUnread(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "lost")
	client.Abort()
	equal(t, "buffered", client.Buffered(), 0)
	for range 2 { // every time, not only the first
		reads(t, server, "", syscall.ECONNRESET)
		_, err := server.Write([]byte("x"))
		fails(t, "write", err, syscall.ECONNRESET)
		fails(t, "close", server.CloseWrite(), syscall.ECONNRESET)
	}
	fails(t, "set", server.SetDeadline(time.Time{}), nil)
	fails(t, "close", server.Close(), nil)
	reads(t, server, "", net.ErrClosed)
}

func TestAbortAfterCloseDoesNothing(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "last words")
	client.Close()
	client.Abort()
	reads(t, server, "last words", nil)
	reads(t, server, "", io.EOF)
}

func TestAbortAfterThePeerClosedLosesWhatItWrote(t *testing.T) {
	client, server := wire.Pipe(wire.Options{})
	write(t, client, "last words")
	client.Close()
	server.Abort()
	reads(t, server, "", net.ErrClosed)
	reads(t, client, "", net.ErrClosed)
}

func TestEveryEndingWakesWhatWaits(t *testing.T) {
	for _, test := range []struct {
		name                      string
		end                       func(client *wire.Conn)
		clientReads, clientWrites error
		serverReads, serverWrites error
	}{
		{
			name: "close", end: func(c *wire.Conn) { c.Close() },
			clientReads: net.ErrClosed, clientWrites: net.ErrClosed,
			serverReads: io.EOF, serverWrites: syscall.EPIPE,
		},
		{
			name: "abort", end: (*wire.Conn).Abort,
			clientReads: net.ErrClosed, clientWrites: net.ErrClosed,
			serverReads: syscall.ECONNRESET, serverWrites: syscall.ECONNRESET,
		},
	} {
		t.Run(test.name+" with readers", func(t *testing.T) {
			bubble(t, wire.Options{}, func(t *testing.T, client, server *wire.Conn) {
				own := start(client.Read, make([]byte, 1))
				peers := start(server.Read, make([]byte, 1))
				waits(t, own)
				waits(t, peers)
				test.end(client)
				ends(t, "read", own, 0, test.clientReads)
				ends(t, "read", peers, 0, test.serverReads)
			})
		})
		t.Run(test.name+" with writers", func(t *testing.T) {
			bubble(t, wire.Options{Buffer: 1}, func(t *testing.T, client, server *wire.Conn) {
				own := start(client.Write, []byte("ab"))
				peers := start(server.Write, []byte("ab"))
				waits(t, own)
				waits(t, peers)
				test.end(client)
				ends(t, "write", own, 1, test.clientWrites)
				ends(t, "write", peers, 1, test.serverWrites)
			})
		})
	}
}

func TestFinishingWakesThePeersRead(t *testing.T) {
	bubble(t, wire.Options{}, func(t *testing.T, client, server *wire.Conn) {
		read := start(server.Read, make([]byte, 1))
		waits(t, read)
		client.CloseWrite()
		ends(t, "read", read, 0, io.EOF)
	})
}
