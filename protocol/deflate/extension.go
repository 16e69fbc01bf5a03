package deflate

import "github.com/wsflow/wsflow/protocol"

// New returns permessage-deflate with these settings, for
// [protocol.AcceptExtensions] or [protocol.OfferExtensions]. It panics if they
// hold a value that does not exist, such as window bits of 7.
func New(s Settings) protocol.Negotiator {
	if err := s.Validate(); err != nil {
		panic(err)
	}
	return &extension{s}
}

type extension struct{ settings Settings }

func (x *extension) Name() string { return Name }
func (x *extension) RSV() uint8   { return protocol.RSV1 }

func (x *extension) Offers() []protocol.Extension {
	return []protocol.Extension{x.settings.Offer()}
}

func (x *extension) Accept(offers []protocol.Extension) (protocol.Extension, protocol.Codec, bool) {
	answer, agreed, ok := x.settings.Accept(offers)
	if !ok {
		return protocol.Extension{}, nil, false
	}
	return answer, NewCodec(x.settings, agreed, protocol.Server), true
}

func (x *extension) Confirm(answer protocol.Extension) (protocol.Codec, error) {
	agreed, err := x.settings.Confirm(answer)
	if err != nil {
		return nil, err
	}
	return NewCodec(x.settings, agreed, protocol.Client), nil
}

// A Codec is permessage-deflate on one connection, in both directions. Until it is
// used it is small.
type Codec struct {
	compressor   Compressor
	decompressor Decompressor
	threshold    int
	agreed       Params
}

// NewCodec returns a Codec for the end role, for what was agreed.
func NewCodec(s Settings, agreed Params, role protocol.Role) *Codec {
	own, peer := agreed.Server, agreed.Client
	if role == protocol.Client {
		own, peer = peer, own
	}
	c := &Codec{threshold: s.Threshold, agreed: agreed}
	c.compressor.Init(own, s.Level)
	c.decompressor.Init(peer, s.MaxMessage)
	switch {
	case c.threshold != 0:
	case own.Takeover:
		c.threshold = thresholdTakeover
	default:
		c.threshold = threshold
	}
	return c
}

// The sizes below which compression is not worth its time, where none is set.
const (
	threshold         = 128
	thresholdTakeover = 32
)

// Params returns what was agreed.
func (c *Codec) Params() Params { return c.agreed }

// RSV returns the bit of permessage-deflate, RSV1 (RFC 7692, 6).
func (c *Codec) RSV() uint8 { return protocol.RSV1 }

// Wants reports whether size is at least the threshold, or not known.
func (c *Codec) Wants(_ protocol.Opcode, size int) bool { return size < 0 || size >= c.threshold }

// Encode is [Compressor.Deflate].
func (c *Codec) Encode(dst, src []byte, end bool) []byte { return c.compressor.Deflate(dst, src, end) }

// Decode is [Decompressor.Inflate].
func (c *Codec) Decode(dst, src []byte, end bool) (out []byte, n int, err error) {
	return c.decompressor.Inflate(dst, src, end)
}

// Rest is [Compressor.Rest].
func (c *Codec) Rest() { c.compressor.Rest() }
