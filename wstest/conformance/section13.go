package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const parameterRFC = "7692 7.1"

// parameters: what RFC 7692, 7.1, lets two ends agree on. Behind every agreement come messages that show whether it is kept.
func parameters(o Options) []Case {
	return slices.Concat(forBoth(o), windowOffers(o), takeoverOffers(o), severalOffers(o), invalidOffers(o), deflateAnswers(o))
}

// add makes a case of a bargain.
func (b bargain) add(o Options, id, title string) Case {
	return b.compressed(o, works(id, title, parameterRFC, keeping(o)...))
}

// forBoth limits what the endpoint compresses with. The numbers are Autobahn's.
func forBoth(o Options) []Case {
	var cases []Case
	for i, limit := range []struct {
		noTakeover bool
		bits       int
	}{{false, 0}, {true, 0}, {false, 9}, {false, 15}, {true, 9}, {true, 15}} {
		offer := terms{serverNoTakeover: limit.noTakeover, serverBits: limit.bits, clientBitsKnown: true}
		title := "the endpoint's window: as large as it likes"
		if limit.bits > 0 {
			title = fmt.Sprintf("the endpoint's window: %d bits", limit.bits)
		}
		if limit.noTakeover {
			title += ", new with each message"
		}
		b := bargain{offers: []string{offer.String()}, answer: terms{clientNoTakeover: limit.noTakeover, clientBits: limit.bits}}
		cases = append(cases, b.add(o, fmt.Sprintf("13.%d.1", i+1), title))
	}
	three := []terms{{serverNoTakeover: true, serverBits: 9, clientBitsKnown: true}, {serverNoTakeover: true, clientBitsKnown: true}, {clientBitsKnown: true}}
	b := bargain{offers: []string{joined(three...)}, answer: terms{clientNoTakeover: true, clientBits: 9}}
	return append(cases, b.add(o, "13.7.1", "the endpoint's window: 9 bits, new with each message; or else larger, or kept"))
}

// joined is several offers in one field.
func joined(offers ...terms) string {
	var all []string
	for _, offer := range offers {
		all = append(all, offer.String())
	}
	return strings.Join(all, ", ")
}

// forServers makes a case of offers.
func forServers(o Options, id string, values ...string) Case {
	return bargain{offers: values}.add(o, id, "the offer "+strings.Join(values, " | ")).only(ForServers)
}

func windowOffers(o Options) []Case {
	var cases []Case
	for bits := 8; bits <= maxBits; bits++ {
		n := bits - 7
		cases = append(cases,
			forServers(o, fmt.Sprintf("13.8.%d", n), terms{serverBits: bits}.String()),
			forServers(o, fmt.Sprintf("13.9.%d", n), terms{clientBits: bits, clientBitsKnown: true}.String()),
			forServers(o, fmt.Sprintf("13.10.%d", n), terms{serverBits: bits, clientBits: maxBits + 8 - bits, clientBitsKnown: true}.String()))
	}
	return append(cases, forServers(o, "13.8.9", deflateName), forServers(o, "13.9.9", defaultOffer))
}

func takeoverOffers(o Options) []Case {
	var cases []Case
	id := func() string { return fmt.Sprintf("13.11.%d", len(cases)+1) }
	for _, t := range []terms{
		{serverNoTakeover: true},
		{clientNoTakeover: true},
		{serverNoTakeover: true, clientNoTakeover: true},
		{serverNoTakeover: true, clientBitsKnown: true},
		{clientNoTakeover: true, clientBitsKnown: true},
		{serverNoTakeover: true, clientNoTakeover: true, clientBitsKnown: true},
	} {
		cases = append(cases, forServers(o, id(), t.String()))
	}
	for bits := 8; bits <= maxBits; bits++ {
		t := terms{serverNoTakeover: true, clientNoTakeover: true, serverBits: bits, clientBits: bits, clientBitsKnown: true}
		cases = append(cases, forServers(o, id(), t.String()))
	}
	return cases
}

// severalOffers are in the client's order of preference (RFC 7692, 5), in one field or in two.
func severalOffers(o Options) []Case {
	small := terms{serverNoTakeover: true, clientNoTakeover: true, serverBits: 8, clientBits: 8, clientBitsKnown: true}
	server, client, plain := terms{serverBits: 10}, terms{clientBits: 10, clientBitsKnown: true}, terms{}
	var cases []Case
	for i, values := range [][]string{
		{joined(small, plain)},
		{joined(plain, small)},
		{small.String(), plain.String()},
		{joined(server, client, plain)},
		{server.String(), joined(client, plain)},
		{"x-unknown, " + plain.String()},
		{plain.String() + ", x-unknown; a=1"},
		{`x-unknown; a="1"`, plain.String()},
		{"permessage-bzip2; server_max_compress_level=9, " + plain.String()},
		{deflateName + `; server_max_window_bits="10"; client_max_window_bits="12"`},
		{deflateName + `; client_max_window_bits="1\0"`},
		{deflateName + " ;\tserver_max_window_bits = 10 ; client_max_window_bits"},
		{deflateName + ";server_max_window_bits=10;client_max_window_bits"},
		{",, " + deflateName + " ,"},
	} {
		cases = append(cases, forServers(o, fmt.Sprintf("13.12.%d", i+1), values...))
	}
	return cases
}

// invalidParameters are those for which an offer has to be declined, and an answer must not be taken.
var invalidParameters = []string{
	"server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=08", "server_max_window_bits=abc", "server_max_window_bits",
	"server_max_window_bits=-9", "server_max_window_bits=1000000000000000000000", "client_max_window_bits=7", "client_max_window_bits=16",
	"client_max_window_bits=010", "client_max_window_bits=+9", "client_max_window_bits=9.0", "server_no_context_takeover=1", "client_no_context_takeover=true",
	"client_no_context_takeover; client_no_context_takeover", "server_max_window_bits=9; server_max_window_bits=9",
	"client_max_window_bits=9; client_max_window_bits=10", "unknown", "unknown=1", "server_max_window_bits=10; unknown",
}

// invalidOffers stand next to a valid one, which has to be taken instead.
func invalidOffers(o Options) []Case {
	var cases []Case
	valid := terms{serverBits: 11}.String()
	for _, parameters := range invalidParameters {
		invalid := deflateName + "; " + parameters
		for _, values := range [][]string{{invalid + ", " + valid}, {invalid, valid}, {valid + ", " + invalid}} {
			b, id := bargain{offers: values}, fmt.Sprintf("13.13.%d", len(cases)+1)
			cases = append(cases, b.compressed(o, works(id, "the offer "+strings.Join(values, " | "), parameterRFC, recurring(o))).only(ForServers))
		}
	}
	return cases
}

// recurring is a message that an endpoint may want to reach too far back for.
func recurring(o Options) step {
	longest := cmp.Or(o.Size, defaultSize) / 8
	return step{"a text back of which a part recurs, but too far back for the endpoint's window", func(p *Play) {
		if p.over() {
			return
		}
		size := min(p.agreed.endpoint.size()+longestMatch, longest)
		block := letters(size, 2)
		plain := append(block, block[:min(size, 1000)]...)
		p.Send(p.squeezed(textFrame("").Opcode, plain, 0)...)
		p.ExpectMessage(textFrame("").Opcode, plain)
	}}
}

// keeping are messages that show whether both ends keep to what was agreed.
func keeping(o Options) []step {
	longest := cmp.Or(o.Size, defaultSize) / 8
	return []step{
		recurring(o),
		{"the same text back three times", func(p *Play) {
			plain := records(300, 0)
			for range 3 {
				if p.over() {
					return
				}
				p.Send(p.squeezed(textFrame("").Opcode, plain, 0)...)
				p.ExpectMessage(textFrame("").Opcode, plain)
			}
		}},
		{"a text back that the suite has compressed with all of its window", func(p *Play) {
			size := min(p.agreed.own.size(), longest)
			plain := letters(size, 3)
			if p.over() {
				return
			}
			p.Send(pressedText(new(stream).stored(plain).fixed().match(uint(size)).end().message()))
			p.ExpectMessage(textFrame("").Opcode, append(plain, matched(plain)...))
		}},
		{"two texts back, of which the second refers to the first if the suite's window is kept", func(p *Play) {
			if !p.over() {
				farBack(p, min(p.agreed.own.size(), longest))
			}
		}},
	}
}
