package protocol

import "fmt"

// A Negotiator is an extension that an end is willing to use: its side of the
// opening handshake. It may serve many connections at once.
type Negotiator interface {
	// Name is how the extension is called in Sec-WebSocket-Extensions.
	Name() string

	// RSV holds the bits that the extension would own. One that changes payloads
	// needs a bit, since the receiver has to see which messages it changed; one
	// without is negotiated, and that is all.
	RSV() uint8

	// Accept is the server's side: of the client's offers of this extension, in
	// its order of preference, it answers the first that it can accept. It
	// reports false if it declines all. The Codec may be nil if RSV is 0.
	Accept(offers []Extension) (answer Extension, c Codec, ok bool)

	// Offers is the client's side: what to offer, in order of preference.
	Offers() []Extension

	// Confirm judges the server's answer to Offers. On an error the connection
	// fails. The Codec may be nil if RSV is 0.
	Confirm(answer Extension) (Codec, error)
}

// A Codec is an extension in use on one connection: what it does to the payload of
// messages. Its two directions may be used by different goroutines, each of them
// by one at a time. Package upgrade calls what sends (Wants, Encode, Rest) with the
// writer's lock held, so that they must not use the connection; a panic ends that
// connection with 1011.
type Codec interface {
	// RSV holds the bits that the first frame of a message carries whose payload
	// went through Encode. A message without them must not go through Decode.
	RSV() uint8

	// Wants reports whether a message is worth encoding. size is its length, or
	// negative if that is not known.
	Wants(op Opcode, size int) bool

	// Encode appends what src, the next piece of a message, becomes; end says that
	// it is the last one. The peer can decode all of src from what was appended
	// so far.
	Encode(dst, src []byte, end bool) []byte

	// Decode appends what src, the next piece of a message, was, within the
	// capacity of dst, and reports how much of src it consumed. If the capacity
	// did not suffice, the error is [ErrFull]: call it again with src[n:], the same
	// end, and room in dst, of which 4 KiB have to suffice. A violation is a
	// [*CloseError]; of any other error, a fault of the codec's own, a [Decoder]
	// makes one with 1010 and the error in it, and package upgrade 1011.
	Decode(dst, src []byte, end bool) (out []byte, n int, err error)

	// Rest lets go of what can be had again. It is for a connection that has
	// become idle, and touches the direction of Encode only.
	Rest()
}

// AcceptExtensions answers the offers of a client: for each of ours, in our
// order, what it accepts, if the RSV bits that it would own are still free. The
// codecs stand in the order of the answer, which is the order in which a sender
// applies them; extensions that are agreed on alone have none.
//
// RFC 6455, 9.1: "the order of operations on the data should be assumed to be the
// same as the order in which the extensions are listed in the server's response
// in the opening handshake."
func AcceptExtensions(ours []Negotiator, offers []Extension) (answer []Extension, codecs []Codec) {
	var taken uint8
	for _, n := range ours {
		if n.RSV()&taken != 0 {
			continue
		}
		var own []Extension
		for _, o := range offers {
			if o.Name == n.Name() {
				own = append(own, o)
			}
		}
		if len(own) == 0 {
			continue
		}
		a, c, ok := n.Accept(own)
		if !ok || c == nil && n.RSV() != 0 {
			continue
		}
		answer = append(answer, a)
		taken |= n.RSV()
		if c != nil {
			codecs = append(codecs, c)
		}
	}
	return answer, codecs
}

// OfferExtensions returns what a client offers, in our order.
func OfferExtensions(ours []Negotiator) []Extension {
	var offers []Extension
	for _, n := range ours {
		offers = append(offers, n.Offers()...)
	}
	return offers
}

// ConfirmExtensions judges the answer of a server to [OfferExtensions], and
// returns the codecs in its order. An extension that was not offered, that is
// answered twice, or whose RSV bits another one owns, is an error, as is what the
// extension itself refuses.
func ConfirmExtensions(ours []Negotiator, answer []Extension) ([]Codec, error) {
	var codecs []Codec
	var taken uint8
	for i, a := range answer {
		n := find(ours, a.Name)
		if n == nil {
			return nil, fmt.Errorf("websocket: extension %s was not offered", a.Name)
		}
		for _, other := range answer[:i] {
			if other.Name == a.Name {
				return nil, fmt.Errorf("websocket: extension %s is answered twice", a.Name)
			}
		}
		// RFC 6455, 5.2: a bit that is set needs "an extension ... negotiated that
		// defines meanings for non-zero values", one meaning at a time.
		if n.RSV()&taken != 0 {
			return nil, fmt.Errorf("websocket: extension %s needs an RSV bit that another one owns", a.Name)
		}
		c, err := n.Confirm(a)
		if err != nil {
			return nil, fmt.Errorf("websocket: extension %s: %w", a.Name, err)
		}
		taken |= n.RSV()
		switch {
		case c != nil:
			codecs = append(codecs, c)
		case n.RSV() != 0:
			return nil, fmt.Errorf("websocket: extension %s has RSV bits and no codec", a.Name)
		}
	}
	return codecs, nil
}

func find(ours []Negotiator, name string) Negotiator {
	for _, n := range ours {
		if n.Name() == name {
			return n
		}
	}
	return nil
}

// CodecRSV returns the RSV bits that codecs own together, for
// [ReaderConfig].RSV.
func CodecRSV(codecs []Codec) uint8 {
	var bits uint8
	for _, c := range codecs {
		bits |= c.RSV()
	}
	return bits
}
