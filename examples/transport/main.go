// Transport carries WebSocket connections over byte streams that are no sockets of a network: a Unix socket pair, and the
// standard input and output of a child process. It sends its arguments to an echo server, and prints what comes back.
//
//	go run ./examples/transport [-over pair|child] word...
//
// With -serve it is that child: a WebSocket server on its standard input and output.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

func main() {
	over := flag.String("over", "pair", "what the connection runs over: pair or child")
	server := flag.Bool("serve", false, "be a server on standard input and output")
	flag.Parse()
	var err error
	switch {
	case *server:
		err = serve(stdio{os.Stdin, os.Stdout})
	case *over == "pair":
		err = overPair(flag.Args(), os.Stdout)
	case *over == "child":
		err = overChild([]string{os.Args[0], "-serve"}, flag.Args(), os.Stdout)
	default:
		err = fmt.Errorf("-over is pair or child, not %q", *over)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "transport:", err)
		os.Exit(1)
	}
}

// serve answers every message with itself, until the client closes.
func serve(stream io.ReadWriteCloser) error {
	server, err := driver.NewServer(driver.Config{})
	if err != nil {
		return err
	}
	return unlessNormal(Carry(stream, server, func(ev driver.Event) {
		if ev.Type == driver.EventMessage {
			_ = server.Fragment(ev.Opcode, ev.Payload, true)
		}
	}))
}

// send sends the words, prints what comes back, and closes when all of it has come.
func send(stream io.ReadWriteCloser, words []string, out io.Writer) error {
	client, err := driver.NewClient("ws://localhost/", driver.Config{})
	if err != nil {
		return err
	}
	t := NewTransport(stream, client)
	go func() {
		for _, word := range words {
			if t.Do(func(c *driver.Conn) error { return c.Text(word) }) != nil {
				return // the connection has ended, which Run reports
			}
		}
	}()
	echoes := 0
	err = t.Run(func(c *driver.Conn, ev driver.Event) {
		if ev.Type == driver.EventMessage {
			fmt.Fprintf(out, "%s\n", ev.Payload)
			echoes++
		}
		if ev.Type != driver.EventClose && echoes == len(words) {
			_ = c.Close(protocol.CloseNormal, "")
		}
	})
	return unlessNormal(err)
}

// unlessNormal returns err, unless it says that all went well.
func unlessNormal(err error) error {
	var closed *protocol.CloseError
	if errors.As(err, &closed) && closed.FromPeer && closed.Code == protocol.CloseNormal {
		return nil
	}
	return err
}
