package conformance

import (
	"fmt"
	"strings"
)

// A bargain is what a case wants to be agreed on.
type bargain struct {
	// offers are the values of Sec-WebSocket-Extensions in the suite's request.
	offers []string

	// answer is what the suite's response says where the offer of a client allows for it, besides what that asks for.
	answer terms

	// lacks says why a case has nothing to try with what was agreed, "" if it has.
	lacks func(p *Play) string
}

const defaultOffer = deflateName + "; " + clientBits

// usual is what browsers offer, and for clients an answer that limits nothing.
var usual = bargain{offers: []string{defaultOffer}}

// A Compression says what came of a case that is about permessage-deflate (RFC 7692).
type Compression struct {
	// Agreed is what the server answered, "" if there is no agreement.
	Agreed string `json:"agreed,omitempty"`

	// None says why there is none, or none that the case is about. The endpoint then has shown only that it works
	// without: the case is neither passed nor failed.
	None string `json:"none,omitempty"`

	// FromSuite and FromEndpoint are the numbers of compressed messages.
	FromSuite    int `json:"fromSuite"`
	FromEndpoint int `json:"fromEndpoint"`

	// Plain is the number of messages that the endpoint sent as they are.
	Plain int `json:"plain"`
}

// String tells of it in one line.
func (c *Compression) String() string {
	if c.Agreed == "" {
		return c.None
	}
	s := fmt.Sprintf("%s; compressed messages: %d of the suite, %d of the endpoint", c.Agreed, c.FromSuite, c.FromEndpoint)
	if c.None != "" {
		s += "; " + c.None
	}
	return s
}

// compressed is a case of which the opening handshake has to agree on compression. Where it legally does not, the case is a
// conversation without it, and is not counted as passed.
func (b bargain) compressed(o Options, c Case) Case {
	play := c.Play
	c.handshake, c.Deflate = true, true
	c.Expect = "an agreement on permessage-deflate; " + c.Expect
	if !o.Compression {
		c.Expect = strings.Replace(c.Expect, "deflate; ", "deflate, or none, and then a text back and the closing handshake; ", 1)
	}
	c.RFC = strings.Replace(c.RFC, "RFC 6455, 7692 ", "RFC 7692, ", 1)
	c.Play = func(p *Play) {
		if p.bargain(b, o); p.over() {
			return
		}
		if p.compression.None != "" {
			p.record.note("no compression: " + p.compression.None)
			p.conversation()
			return
		}
		play(p)
	}
	return c
}

// bargain holds the opening handshake.
func (p *Play) bargain(b bargain, o Options) {
	p.compression = new(Compression)
	none := ""
	if p.server {
		p.agreed = p.askFor(b.offers)
		none = "the server declines"
	} else {
		p.agreed, none = p.answerWith(b.answer)
	}
	switch {
	case p.over():
		return
	case p.agreed == nil && o.Compression && (p.server || none == noOffer):
		p.Fail("expected an agreement on permessage-deflate: %s", none)
		return
	case p.agreed == nil:
		p.compression.None = none
	default:
		p.compression.Agreed = p.agreed.terms.String()
		p.deflation = newDeflation(p.agreed.own)
		if b.lacks != nil {
			p.compression.None = b.lacks(p)
		}
	}
	if p.server {
		p.listen()
	}
}

// askFor offers, and returns what the server agrees to, nil if it declines.
func (p *Play) askFor(offers []string) *agreement {
	a := p.ask()
	for _, value := range offers {
		a.fields = append(a.fields, "Sec-WebSocket-Extensions: "+value)
	}
	p.sendRequest(a.String())
	resp, err := p.answer()
	if err != nil {
		p.Fail("expected a response with status 101: %v", err)
		return nil
	}
	answer := resp.Header.Values(extensionsField)
	resp.Header.Del(extensionsField)
	if p.judgeSwitch(a, resp); p.over() {
		return nil
	}
	valid, _ := deflateOffers(offers)
	agreed, err := judgeAnswer(valid, answer)
	if err != nil {
		p.Fail("%v", err)
	}
	return agreed
}

const (
	extensionsField = "Sec-Websocket-Extensions"
	noOffer         = "the client does not offer it"
)

// offered returns the first valid offer of a client under test. It fails the case for one that is invalid.
func (p *Play) offered() (first terms, ok bool) {
	valid, err := deflateOffers(p.request.Header.Values(extensionsField))
	if err != nil {
		p.Fail("in the request, %v", err)
	}
	if len(valid) == 0 {
		return terms{}, false
	}
	return valid[0], true
}

// answerWith answers the offer of a client with what it asks for and what the case wants. Without an agreement it says why.
func (p *Play) answerWith(want terms) (agreed *agreement, none string) {
	p.record.received("offers " + strings.Join(p.request.Header.Values(extensionsField), ", "))
	offer, ok := p.offered()
	switch {
	case !ok:
		none = noOffer
	case want.clientBits > 0 && !offer.clientBitsKnown:
		none = "the client's offer is without " + clientBits
	default:
		answer := terms{
			serverNoTakeover: want.serverNoTakeover || offer.serverNoTakeover,
			clientNoTakeover: want.clientNoTakeover || offer.clientNoTakeover, // as servers do, and some clients insist on
			serverBits:       smaller(want.serverBits, offer.serverBits),
		}
		if want.clientBits > 0 {
			answer.clientBits = smaller(want.clientBits, offer.clientBits)
			answer.clientBitsKnown = true
		}
		server, client := answer.windows()
		agreed = &agreement{terms: answer, own: server, endpoint: client}
	}
	head := p.response()
	p.agreed = agreed
	if agreed != nil {
		head = withExtension(head, agreed.terms.String())
	}
	p.accept(head)
	return agreed, none
}

// withExtension adds an answer to a response.
func withExtension(head, answer string) string {
	return strings.Replace(head, "Upgrade:", "Sec-WebSocket-Extensions: "+answer+"\r\nUpgrade:", 1)
}

// smaller returns the smaller one of those that are not 0.
func smaller(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
