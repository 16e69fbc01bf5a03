package conformance_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"

	"github.com/wsflow/wsflow/protocol"
	"github.com/wsflow/wsflow/protocol/deflate"
)

// What can be wrong with the compression of an endpoint.
const (
	wideOutput      fault = "compresses with the largest window, whatever was agreed"
	keepsOutput     fault = "keeps its window, whatever was agreed"
	narrowInput     fault = "inflates with a window that is smaller than agreed"
	forgetsInput    fault = "never keeps the peer's window"
	wideInput       fault = "inflates with the largest window, whatever was agreed"
	keepsInput      fault = "keeps the peer's window, whatever was agreed"
	marksFragments  fault = "sets RSV1 on all fragments"
	marksPongs      fault = "sets RSV1 on pongs"
	marksNothing    fault = "compresses without RSV1"
	takesMarks      fault = "takes RSV1 everywhere"
	inflatesAll     fault = "takes every message for compressed"
	leavesTail      fault = "does not leave out the end of what it compresses"
	noInflatedLimit fault = "inflates without limit"
	lateInflation   fault = "inflates when the message is complete"
	noInflatedCheck fault = "takes any bytes for text if they were compressed"
	takesCorrupt    fault = "takes what it can inflate of corrupt data"
	refusesEmpty    fault = "fails on empty compressed messages"
	stopsAtFinal    fault = "takes a block with BFINAL for the end of the message"
	neverCompresses fault = "agrees, and never compresses"
)

// A codec is the compression of one connection.
type codec struct {
	out deflate.Compressor
	in  deflate.Decompressor

	takeover bool // of the peer
	history  []byte
}

func newCodec(f fault, own, peer deflate.Window) *codec {
	switch f {
	case wideOutput:
		own.Bits = 15
	case keepsOutput:
		own.Takeover = true
	case narrowInput:
		peer.Bits = max(8, peer.Bits-1)
	case forgetsInput:
		peer.Takeover = false
	case wideInput:
		peer.Bits = 15
	case keepsInput:
		peer.Takeover = true
	}
	c := &codec{takeover: peer.Takeover}
	c.out.Init(own, 0)
	limit := int64(maxMessage)
	if f == noInflatedLimit {
		limit = -1
	}
	c.in.Init(peer, limit)
	return c
}

// owns reports whether the RSV bits of a frame are what was agreed on.
func (c *codec) owns(h head, f fault) bool {
	return c != nil && h.rsv == protocol.RSV1 && (f == takesMarks || h.op == protocol.OpText || h.op == protocol.OpBinary)
}

// write writes a message, compressed, or a control frame.
func (c *codec) write(to *faultyConn, op protocol.Opcode, payload []byte) {
	rsv := uint8(protocol.RSV1)
	switch {
	case op == protocol.OpPong && to.fault == marksPongs:
		to.writeFrame(op, payload, true, rsv)
		return
	case op.IsControl() || to.fault == neverCompresses:
		to.writeFrame(op, payload, true, 0)
		return
	}
	payload = c.out.Deflate(nil, payload, true)
	switch to.fault {
	case marksNothing:
		rsv = 0
	case leavesTail:
		payload = append(payload, 0, 0, 0xFF, 0xFF)
	}
	half := len(payload) / 2
	to.writeFrame(op, payload[:half], false, rsv)
	if to.fault != marksFragments {
		rsv = 0
	}
	to.writeFrame(protocol.OpContinuation, payload[half:], true, rsv)
}

// take takes the next bytes of a message.
func (c *faultyConn) take(b []byte) error {
	c.wire = append(c.wire, b...)
	switch {
	case !c.compressed:
		c.message = append(c.message, b...)
		return nil
	case c.fault == lateInflation, c.fault == stopsAtFinal, c.fault == takesCorrupt:
		return nil
	}
	return c.inflate(b, false)
}

// ended takes the end of a message, if it is one.
func (c *faultyConn) ended(fin bool) error {
	switch {
	case !fin || !c.compressed:
		return nil
	case c.fault == refusesEmpty && bytes.Equal(c.wire, []byte{0}):
		return failure(1007)
	case c.fault == stopsAtFinal:
		return c.stream()
	case c.fault == lateInflation:
		return c.inflate(c.wire, true)
	case c.fault == takesCorrupt:
		for i := range c.wire {
			if err := c.inflate(c.wire[i:i+1], false); err != nil {
				_ = c.inflate(nil, true)
				return nil
			}
		}
		_ = c.inflate(nil, true)
		return nil
	}
	return c.inflate(nil, true)
}

func (c *faultyConn) inflate(b []byte, end bool) error {
	out, err := c.codec.in.InflateAll(c.message, b, end)
	c.message = out
	if broken, ok := errors.AsType[*protocol.CloseError](err); ok {
		return failure(broken.Code)
	}
	return nil
}

// stream inflates the message as one stream, up to its first final block.
func (c *faultyConn) stream() error {
	in := bytes.NewReader(append(bytes.Clone(c.wire), 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF))
	out, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(in, c.codec.history), maxMessage+1))
	switch {
	case err != nil:
		return failure(1007)
	case len(out) > maxMessage:
		return failure(1009)
	}
	c.message = out
	if c.codec.takeover {
		c.codec.history = append(c.codec.history, out...)
		c.codec.history = c.codec.history[max(0, len(c.codec.history)-1<<15):]
	}
	return nil
}
