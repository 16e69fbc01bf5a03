package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The extension, and its parameters (RFC 7692, 7.1).
const (
	deflateName      = "permessage-deflate"
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverBits       = "server_max_window_bits"
	clientBits       = "client_max_window_bits"
)

// maxBits are those of the largest window, 32 KiB.
const maxBits = 15

// terms are the parameters of an offer of permessage-deflate, or of an answer to one.
type terms struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int  // 0: not there, or without a value
	clientBitsKnown                    bool // client_max_window_bits is there
}

// termsOf judges the parameters of an offer or an answer.
//
// RFC 7692, 7.1: what "contains an extension parameter not defined for use", "an extension parameter with an invalid value" or "multiple extension
// parameters with the same name" a server declines, and a client fails the connection for.
func termsOf(e extension, answer bool) (t terms, err error) {
	seen := make(map[string]bool)
	for _, p := range e.parameters {
		if seen[p.name] {
			return t, fmt.Errorf("%s is repeated (RFC 7692, 7.1)", p.name)
		}
		seen[p.name] = true
		bits, isBits := bitsOf(p.value)
		ok := !p.valued
		switch p.name {
		case serverNoTakeover:
			t.serverNoTakeover = true
		case clientNoTakeover:
			t.clientNoTakeover = true
		case serverBits:
			t.serverBits, ok = bits, isBits
		case clientBits:
			t.clientBits, t.clientBitsKnown = bits, true
			ok = isBits || !p.valued && !answer // RFC 7692, 7.1.2.2
		default:
			return t, fmt.Errorf("%s is unknown (RFC 7692, 7.1)", p.name)
		}
		if !ok {
			return t, fmt.Errorf("%s has an invalid value, %q (RFC 7692, 7.1)", p.name, p.value)
		}
	}
	return t, nil
}

// bitsOf parses the size of a window. RFC 7692, 7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15, inclusive".
func bitsOf(value string) (int, bool) {
	at := slices.Index([]string{"8", "9", "10", "11", "12", "13", "14", "15"}, value)
	if at < 0 {
		return 0, false
	}
	return 8 + at, true
}

// allows returns what an answer has against an offer, "" if nothing.
func (t terms) allows(answer terms) string {
	switch {
	// RFC 7692, 7.1.1.1: "A server accepts an extension negotiation offer that includes the "server_no_context_takeover" extension parameter
	// by including the "server_no_context_takeover" extension parameter".
	case t.serverNoTakeover && !answer.serverNoTakeover:
		return "lacks " + serverNoTakeover + ", which was asked for (RFC 7692, 7.1.1.1)"
	// RFC 7692, 7.1.2.1: "... "server_max_window_bits" ... with the same or smaller value as the offer".
	case t.serverBits > 0 && answer.serverBits == 0:
		return "lacks " + serverBits + ", which was asked for (RFC 7692, 7.1.2.1)"
	case t.serverBits > 0 && answer.serverBits > t.serverBits:
		return fmt.Sprintf("has %s=%d, which is more than was asked for (RFC 7692, 7.1.2.1)", serverBits, answer.serverBits)
	// RFC 7692, 7.1.2.2: without it in the offer, "the corresponding extension negotiation response ... MUST NOT include
	// the "client_max_window_bits" extension parameter".
	case answer.clientBitsKnown && !t.clientBitsKnown:
		return "has " + clientBits + ", which was not offered (RFC 7692, 7.1.2.2)"
	case t.clientBits > 0 && answer.clientBits > t.clientBits:
		return fmt.Sprintf("has %s=%d, which is more than was offered (RFC 7692, 7.1.2.2)", clientBits, answer.clientBits)
	}
	return ""
}

// String returns the element of Sec-WebSocket-Extensions.
func (t terms) String() string {
	s := deflateName
	for _, flag := range []struct {
		set  bool
		name string
	}{{t.serverNoTakeover, serverNoTakeover}, {t.clientNoTakeover, clientNoTakeover}} {
		if flag.set {
			s += "; " + flag.name
		}
	}
	if t.serverBits > 0 {
		s += "; " + serverBits + "=" + strconv.Itoa(t.serverBits)
	}
	if t.clientBits > 0 {
		s += "; " + clientBits + "=" + strconv.Itoa(t.clientBits)
	} else if t.clientBitsKnown {
		s += "; " + clientBits
	}
	return s
}

// A window is how far back one end may refer, 2^bits bytes, and whether into earlier messages.
type window struct {
	bits     int
	takeover bool
}

func (w window) size() int { return 1 << w.bits }

// An agreement is what came of the negotiation: the windows that each of the two compresses with.
type agreement struct {
	terms         terms
	own, endpoint window // the suite's, and that of the endpoint
}

// windows are what an answer says about each end.
func (t terms) windows() (server, client window) {
	orMax := func(bits int) int {
		if bits == 0 {
			return maxBits
		}
		return bits
	}
	return window{orMax(t.serverBits), !t.serverNoTakeover}, window{orMax(t.clientBits), !t.clientNoTakeover}
}

// deflateOffers returns the offers of permessage-deflate among a client's offers, those that are valid, and what is wrong with the first of the others.
func deflateOffers(values []string) (valid []terms, wrong error) {
	all, err := extensionsOf(values)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.name != deflateName {
			continue
		}
		if t, err := termsOf(e, false); err == nil {
			valid = append(valid, t)
		} else if wrong == nil {
			wrong = err
		}
	}
	return valid, wrong
}

// judgeAnswer judges a server's answer to a client's valid offers. Without an agreement and an error the server has declined.
func judgeAnswer(offers []terms, values []string) (*agreement, error) {
	answers, err := extensionsOf(values)
	switch {
	case err != nil:
		return nil, err
	case len(answers) == 0 && len(values) > 0:
		return nil, fmt.Errorf("Sec-WebSocket-Extensions of the response is %q", values)
	case len(answers) == 0:
		return nil, nil
	case len(answers) > 1:
		return nil, fmt.Errorf("the response has more extensions than one: %q", values)
	case answers[0].name != deflateName:
		return nil, fmt.Errorf("the response has an extension that was not offered: %q", values)
	}
	answer, err := termsOf(answers[0], true)
	if err != nil {
		return nil, fmt.Errorf("in the response, %w", err)
	}
	server, client := answer.windows()
	agreed := &agreement{terms: answer, own: client, endpoint: server}
	var against []string
	for _, offer := range offers {
		if rule := offer.allows(answer); rule != "" {
			against = append(against, rule)
			continue
		}
		// RFC 7692, 7.1.1.2 and 7.1.2.2: what a client offers about itself is a hint that it does no more than that.
		if offer.clientNoTakeover {
			agreed.own.takeover = false
		}
		if offer.clientBits > 0 {
			agreed.own.bits = min(agreed.own.bits, offer.clientBits)
		}
	}
	switch {
	case len(offers) == 0:
		return nil, fmt.Errorf("the response accepts an offer that is invalid: %v", answer)
	case len(against) == len(offers):
		return nil, fmt.Errorf("the response %s", strings.Join(slices.Compact(against), ", or "))
	}
	return agreed, nil
}
