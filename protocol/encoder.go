package protocol

// An Encoder applies the codecs of a connection to the payloads that are sent. The
// zero Encoder is that of a connection without extensions. An Encoder must not be
// used from several goroutines at once.
type Encoder struct {
	codecs []Codec
	using  []Codec   // on the open message
	mid    [2][]byte // what one codec hands to the next
}

// Init makes e a fresh Encoder for the codecs that were agreed on, in the order of
// the server's answer.
func (e *Encoder) Init(codecs []Codec) {
	*e = Encoder{codecs: codecs, using: make([]Codec, 0, len(codecs))}
}

// Begin begins a message and returns the RSV bits of its first frame, for
// [Writer.SetRSV]. If there are none, its payload is to be sent as it is. size is
// the message's length, or negative if that is not known. wants decides for each
// codec whether to apply it; nil asks the codec itself.
func (e *Encoder) Begin(op Opcode, size int, wants func(Codec) bool) (rsv uint8) {
	e.using = e.using[:0]
	for _, c := range e.codecs {
		if c.RSV() == 0 {
			continue
		}
		apply := false
		if wants != nil {
			apply = wants(c)
		} else {
			apply = c.Wants(op, size)
		}
		if apply {
			e.using = append(e.using, c)
			rsv |= c.RSV()
		}
	}
	return rsv
}

// Encode appends what src, the next piece of the message, becomes. end says that
// it is the last one; otherwise the peer can decode all of src from what was
// appended so far.
func (e *Encoder) Encode(dst, src []byte, end bool) []byte {
	for i, c := range e.using {
		if i == len(e.using)-1 {
			return c.Encode(dst, src, end)
		}
		e.mid[i%2] = c.Encode(e.mid[i%2][:0], src, end)
		src = e.mid[i%2]
	}
	return append(dst, src...)
}

// Rest lets go of what the codecs can have again. It is for a connection that has
// become idle, and not to be called inside a message.
func (e *Encoder) Rest() {
	e.mid = [2][]byte{}
	for _, c := range e.codecs {
		c.Rest()
	}
}
