package upgrade

import "sync/atomic"

// Traffic is what went over a connection after its opening handshake.
type Traffic struct {
	MessagesIn, MessagesOut uint64 // that were complete; those that nobody read are among them
	ControlIn               uint64 // pings, pongs and close frames of the peer
	BytesIn, BytesOut       uint64 // of the wire, with frame headers and before TLS
}

// traffic counts. What comes in is counted by the owner of the reader, and published when it is about to wait or
// has ended; what goes out under the lock of the writer.
type traffic struct {
	in struct { // the reader's own
		messages, control, bytes, pieces uint64
	}
	messagesIn, controlIn, bytesIn, piecesIn atomic.Uint64 // published
	messagesOut                              uint64
	chunksOut                                uint64 // of streamed messages, and frames of a handler of frames
}

// publish makes what came in known.
func (t *traffic) publish() {
	if t.bytesIn.Load() != t.in.bytes {
		t.messagesIn.Store(t.in.messages)
		t.controlIn.Store(t.in.control)
		t.bytesIn.Store(t.in.bytes)
		t.piecesIn.Store(t.in.pieces)
	}
}

// Traffic returns what has gone over the connection so far. What came in may lack the messages that the handler is at
// work on, and those that arrived together with them.
func (c *Conn) Traffic() Traffic {
	c.writing.mu.Lock()
	t := Traffic{MessagesOut: c.messagesOut, BytesOut: uint64(c.flushed)}
	c.writing.mu.Unlock()
	t.MessagesIn, t.ControlIn, t.BytesIn = c.messagesIn.Load(), c.controlIn.Load(), c.bytesIn.Load()
	if c.staged != nil { // whose stages may have changed what the engine saw
		t.ControlIn, t.BytesIn, t.BytesOut = c.staged.controlIn.Load(), c.staged.bytesIn.Load(), c.staged.bytesOut()
	}
	return t
}
