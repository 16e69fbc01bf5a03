package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/wsflow/wsflow/protocol"
)

// A tap is the connection below a library, above TLS. It keeps the data frames that come through, for those who want to see how
// a message was sent, and the close frame, for libraries that do not tell.
type tap struct {
	net.Conn
	client bool // our end is one
	frames *queue[seen]
	writes sync.Mutex

	mu     sync.Mutex
	unread []byte // what came and was not understood yet; of the handshake at first
	opened bool
	code   int
	reason string
}

// A seen is a data frame that has come.
type seen struct {
	payload []byte
	fin     bool
}

func newTap(nc net.Conn, client bool) *tap {
	return &tap{Conn: nc, client: client, frames: newQueue[seen](), code: 1006}
}

// tapped puts a tap on every connection.
type tapped struct{ net.Listener }

func (l tapped) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return newTap(nc, false), nil
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unread = append(t.unread, b[:n]...)
	t.look()
	return n, err
}

// look takes note of the frames that are complete, with mu held.
func (t *tap) look() {
	if !t.opened {
		end := bytes.Index(t.unread, []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		t.opened = true
		t.unread = t.unread[end+4:]
	}
	for {
		h, n, err := protocol.ParseFrameHeader(t.unread)
		if err != nil || int64(len(t.unread)-n) < h.Length {
			return // it is not there yet, or for the library to judge
		}
		payload := bytes.Clone(t.unread[n : n+int(h.Length)])
		t.unread = t.unread[n+int(h.Length):]
		if h.Masked {
			protocol.Mask(payload, h.MaskKey, 0)
		}
		switch {
		case !h.Opcode.IsControl():
			t.frames.put(seen{payload, h.Fin})
		case h.Opcode == protocol.OpClose && len(payload) >= 2:
			t.code, t.reason = int(binary.BigEndian.Uint16(payload)), string(payload[2:])
		case h.Opcode == protocol.OpClose:
			t.code = 1005
		}
	}
}

// closed returns what the last close frame said, 1006 if there was none.
func (t *tap) closed() (code int, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.code, t.reason
}

func (t *tap) Write(b []byte) (int, error) {
	t.writes.Lock()
	defer t.writes.Unlock()
	return t.Conn.Write(b)
}

func (t *tap) writeRaw(b []byte) error {
	_, err := t.Write(b)
	return err
}

// writeFrame writes one beside the library.
func (t *tap) writeFrame(op protocol.Opcode, payload []byte, fin bool) error {
	h := protocol.FrameHeader{Fin: fin, Opcode: op, Masked: t.client, MaskKey: [4]byte{0x2a, 0x91, 0x5c, 0xe7}, Length: int64(len(payload))}
	b := protocol.AppendFrameHeader(nil, h)
	at := len(b)
	b = append(b, payload...)
	if h.Masked {
		protocol.Mask(b[at:], h.MaskKey, 0)
	}
	return t.writeRaw(b)
}

// CloseWrite ends our half, where what lies below can.
func (t *tap) CloseWrite() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
