package deflate

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/wsflow/wsflow/protocol"
)

// Name is how the extension is called in Sec-WebSocket-Extensions.
const Name = "permessage-deflate"

// The parameters of RFC 7692, 7.1.
const (
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverBits       = "server_max_window_bits"
	clientBits       = "client_max_window_bits"
)

// terms are the parameters of an offer or an answer.
type terms struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int // 0: not there

	clientBitsKnown bool // the offer has client_max_window_bits, with a value or without
}

// parseTerms reads the parameters of an offer, or of an answer.
//
// RFC 7692, 7: "A server MUST decline an extension negotiation offer for this
// extension if any of the following conditions are met: The negotiation offer
// contains an extension parameter not defined for use in an offer. The
// negotiation offer contains an extension parameter with an invalid value. The
// negotiation offer contains multiple extension parameters with the same name."
// For an answer it says the same to the client.
func parseTerms(params []protocol.Param, answer bool) (terms, error) {
	var t terms
	for i, p := range params {
		name := p.Name
		if slices.ContainsFunc(params[:i], func(other protocol.Param) bool { return other.Name == name }) {
			return t, fmt.Errorf("deflate: parameter %s is repeated", name)
		}
		ok := !p.HasValue
		switch name {
		case serverNoTakeover:
			t.serverNoTakeover = true
		case clientNoTakeover:
			t.clientNoTakeover = true
		case serverBits:
			t.serverBits, ok = parseBits(p)
		case clientBits:
			t.clientBitsKnown = true
			// RFC 7692, 7.1.2.2: in an offer the value may be missing, which says
			// no more than that the client knows the parameter.
			if p.HasValue || answer {
				t.clientBits, ok = parseBits(p)
			}
		default:
			return t, fmt.Errorf("deflate: parameter %s is unknown", name)
		}
		if !ok {
			return t, fmt.Errorf("deflate: parameter %s has an invalid value", name)
		}
	}
	return t, nil
}

// parseBits reads the size of a window.
//
// RFC 7692, 7.1.2.1: "a decimal integer value without leading zeroes between 8 to
// 15, inclusive".
func parseBits(p protocol.Param) (int, bool) {
	n, err := strconv.Atoi(p.Value)
	ok := p.HasValue && err == nil && n >= minBits && n <= maxBits && strconv.Itoa(n) == p.Value
	return n, ok
}

// Accept judges the offers of a client, in its order of preference, and returns
// the answer to the first one that can be accepted, and what is agreed with it.
// Offers of other extensions are passed over. It reports false if there is none;
// the connection then does without compression.
//
// The answer names what the client asked for and, where s is stricter, what it
// did not ask for.
func (s *Settings) Accept(offers []protocol.Extension) (answer protocol.Extension, agreed Params, ok bool) {
	if s.Validate() != nil {
		return answer, agreed, false
	}
	for _, offer := range offers {
		if offer.Name != Name {
			continue
		}
		if t, err := parseTerms(offer.Params, false); err == nil {
			if answer, agreed, ok = s.accept(t); ok {
				return answer, agreed, true
			}
		}
	}
	return protocol.Extension{}, Params{}, false
}

// accept answers a valid offer.
func (s *Settings) accept(t terms) (answer protocol.Extension, agreed Params, ok bool) {
	// RFC 7692, 7.1.2.2: without client_max_window_bits in the offer it may not be
	// in the answer either, so that the client's window could not be bounded.
	if s.Client.bits() < maxBits && !t.clientBitsKnown {
		return answer, agreed, false
	}
	agreed = Params{
		Server: Window{Bits: atMost(s.Server.bits(), t.serverBits), Takeover: s.Server.Takeover && !t.serverNoTakeover},
		Client: Window{Bits: atMost(s.Client.bits(), t.clientBits), Takeover: s.Client.Takeover && !t.clientNoTakeover},
	}
	answer.Name = Name
	add := func(name, value string) {
		answer.Params = append(answer.Params, protocol.Param{Name: name, Value: value, HasValue: value != ""})
	}
	// RFC 7692, 7.1.1.1: "A server accepts an extension negotiation offer that
	// includes the "server_no_context_takeover" extension parameter by including
	// the "server_no_context_takeover" extension parameter in the corresponding
	// extension negotiation response". It may do so uninvited, as with the next
	// ones.
	if !agreed.Server.Takeover {
		add(serverNoTakeover, "")
	}
	if !agreed.Client.Takeover {
		add(clientNoTakeover, "")
	}
	// RFC 7692, 7.1.2.1: a server accepts server_max_window_bits by including it
	// "with the same or smaller value as the offer".
	if t.serverBits > 0 || agreed.Server.Bits < maxBits {
		add(serverBits, strconv.Itoa(agreed.Server.Bits))
	}
	if t.clientBits > 0 || agreed.Client.Bits < maxBits {
		add(clientBits, strconv.Itoa(agreed.Client.Bits))
	}
	return answer, agreed, true
}

// atMost returns the smaller of bits and other, if other is there.
func atMost(bits, other int) int {
	if other > 0 {
		return min(bits, other)
	}
	return bits
}

// Offer returns what a client offers. It asks for no more than s allows.
func (s *Settings) Offer() protocol.Extension {
	offer := protocol.Extension{Name: Name}
	add := func(name, value string) {
		offer.Params = append(offer.Params, protocol.Param{Name: name, Value: value, HasValue: value != ""})
	}
	if !s.Server.Takeover {
		add(serverNoTakeover, "")
	}
	// RFC 7692, 7.1.1.2: the client "informs the peer server of a hint" that it is
	// not going to use context takeover.
	if !s.Client.Takeover {
		add(clientNoTakeover, "")
	}
	if s.Server.bits() < maxBits {
		add(serverBits, strconv.Itoa(s.Server.bits()))
	}
	value := ""
	if s.Client.bits() < maxBits {
		value = strconv.Itoa(s.Client.bits())
	}
	add(clientBits, value)
	return offer
}

// Confirm judges the answer of the server to what [Settings.Offer] offers, and
// returns what is agreed. On an error the client must fail the connection.
//
// RFC 7692, 7: "A client MUST _Fail the WebSocket Connection_ if the peer server
// accepted an extension negotiation offer for this extension with an extension
// negotiation response meeting any of the following conditions", which are those
// of parseTerms, and "The client does not support the configuration that the
// response represents."
func (s *Settings) Confirm(answer protocol.Extension) (agreed Params, err error) {
	if err := s.Validate(); err != nil {
		return agreed, err
	}
	if answer.Name != Name {
		return agreed, fmt.Errorf("deflate: extension %s is another one", answer.Name)
	}
	t, err := parseTerms(answer.Params, true)
	switch {
	case err != nil:
		return agreed, err
	// RFC 7692, 7.1.1.1 and 7.1.2.1: what was offered the server accepts by
	// repeating it, with the same or a smaller value.
	case !s.Server.Takeover && !t.serverNoTakeover:
		return agreed, fmt.Errorf("deflate: answer lacks %s, which was asked for", serverNoTakeover)
	case s.Server.bits() < maxBits && t.serverBits == 0:
		return agreed, fmt.Errorf("deflate: answer lacks %s, which was asked for", serverBits)
	case t.serverBits > s.Server.bits():
		return agreed, fmt.Errorf("deflate: answer has %s above what was offered", serverBits)
	case t.clientBits > s.Client.bits():
		return agreed, fmt.Errorf("deflate: answer has %s above what was offered", clientBits)
	}
	return Params{
		Server: Window{Bits: atMost(s.Server.bits(), t.serverBits), Takeover: !t.serverNoTakeover},
		Client: Window{Bits: atMost(s.Client.bits(), t.clientBits), Takeover: s.Client.Takeover && !t.clientNoTakeover},
	}, nil
}
