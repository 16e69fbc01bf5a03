package main

import (
	"io"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/driver"
)

// Carry carries one end of a connection over a stream of bytes until it has ended, and returns why. What handle sends is
// written before anything more is read, so that a peer that does not read is not read from.
func Carry(stream io.ReadWriteCloser, conn *driver.Conn, handle func(driver.Event)) error {
	defer stream.Close()
	buf := make([]byte, 16<<10)
	for n, end := 0, error(nil); ; n, end = stream.Read(buf) {
		conn.Receive(buf[:n])
		if end != nil {
			conn.ReceiveEnd(end)
		}
		for ev, ok := conn.Next(); ok; ev, ok = conn.Next() {
			handle(ev)
		}
		if out := conn.Output(); len(out) > 0 {
			if _, err := stream.Write(out); err != nil {
				stream.Close() // the next Read fails
			}
		}
		// The server closes the stream first (RFC 6455, 7.1.1), the client when it has done so.
		if conn.State() == driver.StateClosed && (end != nil || conn.Role() == protocol.Server) {
			return conn.Closed()
		}
	}
}
