package protocol

import "math"

// DefaultMaxMessage is the limit on a message's payload where none is set: 1 MiB.
const DefaultMaxMessage = 1 << 20

// A ReaderConfig sets up a [Reader]. The zero ReaderConfig is a server without
// extensions and with the default limit.
type ReaderConfig struct {
	// Role says which end we are: a server's Reader reads a client's frames.
	Role Role

	// MaxMessage limits the payload bytes of a message over all its fragments. A
	// message with an RSV bit, which a [Decoder] then judges by its decoded size,
	// may be a 64th, 16 bytes a fragment and 1 KiB longer on its way, since what
	// cannot be compressed becomes longer. 0 is DefaultMaxMessage; a negative value means no limit.
	MaxMessage int64

	// InsecureAnyMask takes frames with and without a mask, whatever the role. It is
	// for transports that no intermediary sees: RFC 6455, 10.3, has masks so that a
	// script cannot make bytes of its choice pass through a proxy.
	InsecureAnyMask bool

	// RSV holds the bits that negotiated extensions own. They are legal on the
	// first frame of a message, all others nowhere.
	RSV uint8
}

// A Reader turns the bytes of the peer into events and enforces the rules of
// RFC 6455 while it does. It holds no bytes: those belong to the caller. The
// zero Reader is that of a zero [ReaderConfig]. A Reader must not be used from
// several goroutines at once.
type Reader struct {
	cfg ReaderConfig
	err error // what Next returns from now on

	// The current frame.
	head      FrameHeader
	remaining int64 // payload bytes of a data frame that are still to come

	// The current message.
	kind      Opcode // OpText or OpBinary; OpContinuation if none is open
	rsv       uint8
	single    bool
	text      UTF8
	received  int64 // payload bytes
	fragments int64
}

// NewReader returns a Reader for cfg.
func NewReader(cfg ReaderConfig) *Reader { return &Reader{cfg: cfg} }

// Init makes r a fresh Reader for cfg, for a Reader that is part of another
// struct.
func (r *Reader) Init(cfg ReaderConfig) { *r = Reader{cfg: cfg} }

// Remaining returns how many payload bytes of the current data frame are still
// to come, 0 between frames. As many bytes may be read from the socket straight
// into the message's own memory and be presented there.
func (r *Reader) Remaining() int64 { return r.remaining }

// Header returns the header of the frame that the last event of Next was, or was a piece of.
func (r *Reader) Header() FrameHeader { return r.head }

// InMessage reports whether a message has begun and not ended.
func (r *Reader) InMessage() bool { return r.kind != OpContinuation }

// PartialRune returns the number of bytes, 0 to 3, at the end of the open text
// message so far that belong to a character which is not yet complete. It is 0
// for messages that are not checked as text: binary ones, and those with RSV bits.
func (r *Reader) PartialRune() int { return r.text.PartialRune() }

// Next consumes n bytes at the start of b and returns one event. It changes
// those bytes, since it unmasks in place, and the event's payload is a part of
// them; the rest of b it leaves alone. Headers and control frames are consumed
// once they are complete, which takes at most 14+125 bytes, data as it comes.
//
// [ErrShort] means that no more can be told from b: the caller drops the n bytes
// that were consumed and presents the rest again with more bytes after it.
//
// A violation is a [*CloseError] with FromPeer false, whose code and reason may
// be sent to the peer as they are: 1002, 1007 (text that is not UTF-8, at once
// when it cannot become UTF-8 any more), 1008 (too many fragments) or 1009
// (message too big, told by the frame header alone). Further calls return the
// same error.
//
// After [EventClose] every call consumes all of b and returns [ErrClosed].
//
// RFC 6455, 5.5.1: "If an endpoint receives a Close frame and did not previously
// send a Close frame, the endpoint MUST send a Close frame in response." That,
// and the pong that answers a ping, is left to the caller.
func (r *Reader) Next(b []byte) (ev Event, n int, err error) {
	switch {
	case r.err == ErrClosed:
		return Event{}, len(b), ErrClosed
	case r.err != nil:
		return Event{}, 0, r.err
	case r.remaining == 0:
		return r.frame(b)
	case len(b) == 0:
		return Event{}, 0, ErrShort
	}
	return r.piece(b, 0, false)
}

// frame reads a header and what it can of the payload behind it.
func (r *Reader) frame(b []byte) (Event, int, error) {
	if len(b) < 2 {
		return Event{}, 0, ErrShort
	}
	// The first two bytes are judged before the others have come, so that an
	// error does not depend on how the bytes were cut.
	h := parseFirstBytes(b[0], b[1])
	if err := r.checkFirstBytes(h); err != nil {
		return r.fail(err)
	}
	h, n, err := ParseFrameHeader(b)
	if err == ErrShort {
		return Event{}, 0, ErrShort
	}
	if err != nil {
		return r.fail(err)
	}
	if h.Opcode.IsControl() {
		return r.control(h, b, n)
	}
	if h.Opcode != OpContinuation {
		r.kind, r.rsv, r.single = h.Opcode, h.RSV, h.Fin
		r.received, r.fragments = 0, 0
		r.text.Reset()
	}
	if err := r.checkLimits(h); err != nil {
		return r.fail(err)
	}
	r.fragments++
	r.head, r.remaining = h, h.Length
	return r.piece(b, n, h.Opcode != OpContinuation)
}

// piece gives the payload bytes of the current data frame that are in b behind
// its first skip bytes.
func (r *Reader) piece(b []byte, skip int, start bool) (Event, int, error) {
	p := b[skip:]
	if int64(len(p)) > r.remaining {
		p = p[:r.remaining]
	}
	// What a caller may append to the payload must not run into the next frame.
	p = p[:len(p):len(p)]
	if r.head.Masked {
		Mask(p, r.head.MaskKey, int((r.head.Length-r.remaining)&3))
	}
	r.remaining -= int64(len(p))
	r.received += int64(len(p))
	end := r.head.Fin && r.remaining == 0
	if err := r.checkText(p, end); err != nil {
		return r.fail(err)
	}
	ev := Event{
		Type:    EventData,
		Opcode:  r.kind,
		RSV:     r.rsv,
		Start:   start,
		End:     end,
		Single:  r.single,
		Length:  r.head.Length,
		Payload: p,
	}
	if end {
		r.kind = OpContinuation
	}
	return ev, skip + len(p), nil
}

// control reads a control frame, whose header has passed, if all of it is in b.
func (r *Reader) control(h FrameHeader, b []byte, n int) (Event, int, error) {
	total := n + int(h.Length)
	if len(b) < total {
		return Event{}, 0, ErrShort
	}
	r.head = h
	p := b[n:total:total]
	if h.Masked {
		Mask(p, h.MaskKey, 0)
	}
	ev := Event{Opcode: h.Opcode, Length: h.Length, Payload: p}
	switch h.Opcode {
	case OpPing:
		ev.Type = EventPing
	case OpPong:
		ev.Type = EventPong
	default:
		code, reason, err := ParseClosePayload(p)
		if err != nil {
			return r.fail(err)
		}
		ev.Type, ev.Code, ev.Reason = EventClose, code, reason
		r.err = ErrClosed
	}
	return ev, total, nil
}

// fail makes err the answer to every further call.
func (r *Reader) fail(err error) (Event, int, error) {
	r.err = err
	return Event{}, 0, err
}

// limit returns the number of payload bytes that a message may have.
func (cfg ReaderConfig) limit() int64 {
	switch {
	case cfg.MaxMessage == 0:
		return DefaultMaxMessage
	case cfg.MaxMessage < 0:
		return math.MaxInt64
	}
	return cfg.MaxMessage
}
