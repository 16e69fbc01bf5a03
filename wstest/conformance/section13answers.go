package conformance

import (
	"fmt"
	"strings"
)

// deflateAnswers are for clients: answers that their offers allow for, and others that they must not take.
func deflateAnswers(o Options) []Case {
	var cases []Case
	add := func(id string, answer terms) {
		b := bargain{answer: answer}
		cases = append(cases, b.add(o, id, "the answer "+answer.String()+", where the client's offer allows for it").only(ForClients))
	}
	for bits := 8; bits <= maxBits; bits++ {
		add(fmt.Sprintf("13.20.%d", bits-7), terms{serverBits: bits})
		add(fmt.Sprintf("13.21.%d", bits-7), terms{clientBits: bits, clientBitsKnown: true})
		add(fmt.Sprintf("13.22.%d", bits-7), terms{serverNoTakeover: true, clientNoTakeover: true, serverBits: bits, clientBits: bits, clientBitsKnown: true})
	}
	for i, t := range []terms{
		{},
		{serverNoTakeover: true},
		{clientNoTakeover: true},
		{serverNoTakeover: true, clientNoTakeover: true},
		{serverNoTakeover: true, serverBits: 9},
		{clientNoTakeover: true, clientBits: 9, clientBitsKnown: true},
	} {
		add(fmt.Sprintf("13.23.%d", i+1), t)
	}
	return append(cases, breaches(o)...)
}

// breaches are answers that are valid by themselves, but not to this offer.
func breaches(o Options) []Case {
	var cases []Case
	for i, breach := range []struct {
		title string
		of    func(offer terms) (terms, bool)
	}{
		{"an answer without server_no_context_takeover, if the client asks for it", func(t terms) (terms, bool) {
			return terms{serverBits: t.serverBits}, t.serverNoTakeover
		}},
		{"an answer without server_max_window_bits, if the client asks for it", func(t terms) (terms, bool) {
			return terms{serverNoTakeover: t.serverNoTakeover}, t.serverBits > 0
		}},
		{"an answer with more server_max_window_bits than the client asks for", func(t terms) (terms, bool) {
			return terms{serverNoTakeover: t.serverNoTakeover, serverBits: t.serverBits + 1}, t.serverBits > 0 && t.serverBits < maxBits
		}},
		{"an answer with client_max_window_bits, if the client does not offer it", func(t terms) (terms, bool) {
			t.clientBits, t.clientBitsKnown, t.clientNoTakeover = 10, true, false
			return t, !t.clientBitsKnown
		}},
		{"an answer with more client_max_window_bits than the client offers", func(t terms) (terms, bool) {
			bits := t.clientBits
			t.clientBits, t.clientNoTakeover = bits+1, false
			return t, bits > 0 && bits < maxBits
		}},
	} {
		cases = append(cases, breaching(o, fmt.Sprintf("13.24.%d", i+1), breach.title+", with a text glued to it", breach.of))
	}
	return cases
}

// breaching is a case with an answer that breaches the offer, if the offer is such that it can be.
func breaching(o Options, id, title string, breach func(offer terms) (terms, bool)) Case {
	early := textFrame("early")
	c := script(id, title, parameterRFC, step{"the end of the connection, and no message before it; if there is nothing to breach, a text back without compression", func(p *Play) {
		p.compression = new(Compression)
		offer, ok := p.offered()
		answer, can := breach(offer)
		switch {
		case p.over():
			return
		case !ok:
			p.compression.None = noOffer
		case !can:
			p.compression.None = "the client's offer cannot be breached like this"
		}
		if p.compression.None == "" {
			p.record.note("the client offers " + offer.String())
			p.accept(withExtension(p.response(), answer.String()), early)
			p.ExpectCut()
			return
		}
		if !ok && o.Compression {
			p.Fail("expected an offer of permessage-deflate: %s", noOffer)
			return
		}
		p.accept(p.response())
		p.conversation()
	}})
	c.RFC = strings.Replace(c.RFC, "RFC 6455, 7692 ", "RFC 7692, ", 1)
	c.Side, c.handshake, c.refusing, c.Deflate = ForClients, true, true, true
	return c
}

// wrongExtensions are answers that no client may take, whatever it offers.
func wrongExtensions() []answer {
	var all []answer
	add := func(title string, value func(p *Play) string) {
		all = append(all, answer{title, func(p *Play) string { return withExtension(p.response(), value(p)) }, false})
	}
	for _, parameters := range append(invalidParameters, "client_max_window_bits") {
		value := deflateName + "; " + parameters
		add("the extension "+value, func(*Play) string { return value })
	}
	for _, value := range []string{
		deflateName + ", " + deflateName, deflateName + "; =1", deflateName + `; server_max_window_bits="9`, deflateName + " permessage", "x-webkit-deflate-frame",
	} {
		add("the extension "+value, func(*Play) string { return value })
	}
	add("an extension that exists, but was not offered", func(p *Play) string {
		if _, offered := p.offered(); offered {
			return "permessage-bzip2"
		}
		return deflateName
	})
	return all
}
