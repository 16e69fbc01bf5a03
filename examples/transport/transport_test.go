package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// childEnv in the environment makes the test a child: one that serves, or one that speaks of other things.
const childEnv = "WSFLOW_EXAMPLE_TRANSPORT_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "serves":
		if err := serve(stdio{os.Stdin, os.Stdout}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "chats":
		fmt.Print("Good morning!\r\n\r\n")
	default:
		os.Exit(m.Run())
	}
}

// words are short, long, and more than any buffer of the system holds.
func words() []string {
	list := []string{"Hello", "", "Wörld", strings.Repeat("long ", 100_000)}
	for i := range 50 {
		list = append(list, strings.Repeat("x", 1000*i))
	}
	return list
}

func TestOverPair(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, overPair(words(), &out))
	require.Equal(t, strings.Join(words(), "\n")+"\n", out.String())
}

func TestOverChild(t *testing.T) {
	t.Setenv(childEnv, "serves")
	self, err := os.Executable()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, overChild([]string{self}, words(), &out))
	require.Equal(t, strings.Join(words(), "\n")+"\n", out.String())
	require.Error(t, overChild([]string{self + ".missing"}, nil, io.Discard))
}

// A child that does not speak WebSocket is an error, not a hang.
func TestOverChildThatIsNoServer(t *testing.T) {
	t.Setenv(childEnv, "chats")
	self, err := os.Executable()
	require.NoError(t, err)
	var refused *protocol.HandshakeError
	require.ErrorAs(t, overChild([]string{self}, []string{"x"}, io.Discard), &refused)
	require.Equal(t, "response is not HTTP/1", refused.Reason)
}

func ends(t *testing.T) (client, server *driver.Conn) {
	t.Helper()
	client, err := driver.NewClient("ws://localhost/", driver.Config{})
	require.NoError(t, err)
	server, err = driver.NewServer(driver.Config{})
	require.NoError(t, err)
	return client, server
}

func ignore(*driver.Conn, driver.Event) {}

// Both ends over a pipe without any buffer, each sending without regard for the other.
func TestBothEndsSendAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := ends(t)
		a, b := net.Pipe()
		got := make(chan int, 2)
		errs := make(chan error, 2)
		run := func(stream net.Conn, conn *driver.Conn) {
			transport := NewTransport(stream, conn)
			go func() {
				for range 20 {
					_ = transport.Do(func(c *driver.Conn) error { return c.Binary(make([]byte, 500_000)) })
				}
			}()
			n := 0
			errs <- transport.Run(func(c *driver.Conn, ev driver.Event) {
				switch {
				case ev.Type == driver.EventMessage && n < 19:
					n++
				case ev.Type == driver.EventMessage:
					got <- n + 1
				}
			})
		}
		done := make(chan struct{})
		transport := NewTransport(a, client)
		go func() {
			run(b, server)
			close(done)
		}()
		clientGot := 0
		go func() {
			for range 20 {
				_ = transport.Do(func(c *driver.Conn) error { return c.Binary(make([]byte, 500_000)) })
			}
			require.Equal(t, 20, <-got) // the server has all of them
			_ = transport.Do(func(c *driver.Conn) error { return c.Close(protocol.CloseNormal, "") })
		}()
		err := transport.Run(func(_ *driver.Conn, ev driver.Event) {
			if ev.Type == driver.EventMessage {
				clientGot++
			}
		})
		require.NoError(t, unlessNormal(err))
		<-done
		require.NoError(t, unlessNormal(<-errs))
		require.LessOrEqual(t, clientGot, 20)
	})
}

// A peer that never answers our close is left after five seconds.
func TestPeerThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := ends(t)
		a, b := net.Pipe()
		go func() { // a server that has stopped after the handshake
			buf := make([]byte, 4096)
			n, _ := b.Read(buf)
			server.Receive(buf[:n])
			for _, ok := server.Next(); ok; _, ok = server.Next() {
			}
			_, _ = b.Write(server.Output())
			_, _ = io.Copy(io.Discard, b)
		}()
		began := time.Now()
		err := NewTransport(a, client).Run(func(c *driver.Conn, ev driver.Event) {
			if ev.Type == driver.EventOpen {
				_ = c.Close(protocol.CloseNormal, "")
			}
		})
		var closed *protocol.CloseError
		require.ErrorAs(t, err, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

// A peer that does not read stops commands, and ends with the stream.
func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := ends(t)
		a, b := net.Pipe()
		transport := NewTransport(a, client)
		ran := make(chan error)
		go func() { ran <- transport.Run(ignore) }()
		sent := 0
		stopped := make(chan error)
		go func() {
			for {
				if err := transport.Do(func(c *driver.Conn) error { return c.Binary(make([]byte, 1<<20)) }); err != nil {
					stopped <- err
					return
				}
				sent++
			}
		}()
		// The server's answer, so that the connection opens; then it does not read any more.
		buf := make([]byte, 4096)
		n, err := b.Read(buf)
		require.NoError(t, err)
		server, err := driver.NewServer(driver.Config{})
		require.NoError(t, err)
		server.Receive(buf[:n])
		for _, ok := server.Next(); ok; _, ok = server.Next() {
		}
		_, err = b.Write(server.Output())
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 2, sent) // one is being written, one waits
		require.NoError(t, b.Close())
		require.Error(t, <-ran)
		require.ErrorIs(t, <-stopped, driver.ErrClosed)
	})
}

// A peer that asks without reading is not read from any more, and ends with the stream.
func TestPeerThatAsksWithoutReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := ends(t)
		a, b := net.Pipe()
		asked := 0
		ran := make(chan error, 1)
		go func() {
			ran <- NewTransport(a, server).Run(func(c *driver.Conn, ev driver.Event) {
				if ev.Type == driver.EventMessage {
					asked++
					_ = c.Binary(make([]byte, readLimit+1))
				}
			})
		}()
		_, err := b.Write(client.Output())
		require.NoError(t, err)
		buf := make([]byte, 4096)
		n, err := b.Read(buf)
		require.NoError(t, err)
		client.Receive(buf[:n])
		client.Next()
		for range 3 {
			require.NoError(t, client.Text("more"))
			_, err := b.Write(client.Output())
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, 2, asked, "one answer is being written, one waits")
		require.NoError(t, b.Close())
		var closed *protocol.CloseError
		require.ErrorAs(t, <-ran, &closed)
		require.Equal(t, protocol.CloseAbnormal, closed.Code)
	})
}

// Whatever ends a stream ends the connection: Carry returns, and the handler is told.
func TestCarryEnds(t *testing.T) {
	broken := errors.New("broken")
	for name, stream := range map[string]io.ReadWriteCloser{
		"at the end": &script{},
		"reading":    &script{readErr: broken},
		"writing":    &script{writeErr: broken},
		"a refusal":  &script{input: "HTTP/1.1 404 Not Found\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := ends(t)
			var last driver.Event
			err := Carry(stream, client, func(ev driver.Event) { last = ev })
			require.Error(t, err)
			require.Equal(t, driver.EventClose, last.Type)
			require.Equal(t, err, last.Err)
		})
	}
}

// A script is a stream with a given input.
type script struct {
	input             string
	readErr, writeErr error
}

func (s *script) Read(p []byte) (int, error) {
	if s.input == "" {
		if s.readErr != nil {
			return 0, s.readErr
		}
		return 0, io.EOF
	}
	n := copy(p, s.input)
	s.input = s.input[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error) { return len(p), s.writeErr }
func (s *script) Close() error                { return nil }
