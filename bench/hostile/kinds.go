package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/wsflow/wsflow/protocol"
)

// A kind is a way to be hostile. It behaves so on one connection until the server ends it.
type kind struct {
	name, does string
	behave     func(ctx context.Context, a *attack, nc net.Conn) error
}

// kinds are what peers do that mean no good.
var kinds = []kind{
	{"handshakes", "an opening handshake, a byte every 200 ms", slowHandshake},
	{"pings", "pings of 125 bytes, and reads no pong", floods(pings)},
	{"fragments", "a message in fragments of one byte, without an end", floods(fragments)},
	{"bombs", "16 KiB that inflate to 16 MiB", bomb},
	{"deaf", "messages to be answered, and reads no answer", deaf},
	{"drips", "a message, a byte a second", drip},
	{"leavers", "has itself closed, and does not answer", neverClosing},
}

const mix = "mix"

func kindNames() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// frame is a masked frame. The mask is 0, which is legal and costs the load nothing.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

const (
	fin        = 0x80
	rsv1       = 0x40
	opText     = 0x1
	opBinary   = 0x2
	opContinue = 0x0
	opPing     = 0x9
)

var (
	pings     = [2][]byte{nil, frame(fin|opPing, make([]byte, 125))}
	fragments = [2][]byte{frame(opBinary, []byte("x")), frame(opContinue, []byte("x"))}
	question  = frame(fin|opBinary, make([]byte, 16<<10))
	leave     = frame(fin|opText, []byte(goodbye))
	explosive = frame(fin|rsv1|opBinary, deflated(16<<20))
)

// deflated returns so many zeros, compressed as a message.
func deflated(n int) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(make([]byte, n))
	_ = w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte{0, 0, 0xff, 0xff})
}

var errRefused = errors.New("refused")

func request(extensions ...protocol.Extension) []byte {
	ask := protocol.ClientHandshake{Host: "server", Target: "/", Key: protocol.NewKey(), Extensions: extensions}
	head, _ := ask.AppendRequest(nil)
	return head
}

// open does the opening handshake.
func open(nc net.Conn, extensions ...protocol.Extension) error {
	if _, err := nc.Write(request(extensions...)); err != nil {
		return err
	}
	_ = nc.SetReadDeadline(time.Now().Add(10 * time.Second))
	var answer []byte
	buf := make([]byte, 512)
	for !bytes.Contains(answer, []byte("\r\n\r\n")) {
		n, err := nc.Read(buf)
		if err != nil {
			return err
		}
		answer = append(answer, buf[:n]...)
	}
	_ = nc.SetReadDeadline(time.Time{})
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) {
		return errRefused
	}
	return nil
}

func slowHandshake(ctx context.Context, a *attack, nc net.Conn) error {
	a.in(1)
	defer a.in(-1)
	for _, b := range request() {
		if _, err := nc.Write([]byte{b}); err != nil {
			return err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// opened is behaviour after the opening handshake.
func opened(a *attack, nc net.Conn, f func() error, extensions ...protocol.Extension) error {
	if err := open(nc, extensions...); err != nil {
		return err
	}
	a.in(1)
	defer a.in(-1)
	return f()
}

// floods sends the first frame once, and the second again and again, at the rate of a flood. Ten times a second it writes.
func floods(frames [2][]byte) func(context.Context, *attack, net.Conn) error {
	return func(ctx context.Context, a *attack, nc net.Conn) error {
		return opened(a, nc, func() error {
			if _, err := nc.Write(frames[0]); err != nil {
				return err
			}
			batch := bytes.Repeat(frames[1], max(1, a.rate/10))
			for {
				if _, err := nc.Write(batch); err != nil {
					return err
				}
				if err := pause(ctx, 100*time.Millisecond); err != nil {
					return err
				}
			}
		})
	}
}

func bomb(_ context.Context, a *attack, nc net.Conn) error {
	return opened(a, nc, func() error {
		if _, err := nc.Write(explosive); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, nc)
		return err
	}, protocol.Extension{Name: "permessage-deflate"})
}

func deaf(ctx context.Context, a *attack, nc net.Conn) error {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10)
	}
	return opened(a, nc, func() error {
		for {
			if _, err := nc.Write(question); err != nil {
				return err
			}
			if err := pause(ctx, 250*time.Millisecond); err != nil {
				return err
			}
		}
	})
}

func drip(ctx context.Context, a *attack, nc net.Conn) error {
	return opened(a, nc, func() error {
		for {
			for i := range question {
				if _, err := nc.Write(question[i : i+1]); err != nil {
					return err
				}
				if err := pause(ctx, time.Second); err != nil {
					return err
				}
			}
		}
	})
}

func neverClosing(_ context.Context, a *attack, nc net.Conn) error {
	return opened(a, nc, func() error {
		if _, err := nc.Write(leave); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, nc) // until it is cut
		return err
	})
}
