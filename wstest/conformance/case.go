package conformance

import (
	"slices"
	"strings"
)

// A Case is one conversation with an endpoint that echoes, and what has to be seen in it.
type Case struct {
	ID      string // such as "5.3"
	Section string // such as "Fragmentation"
	Title   string // what the suite does
	RFC     string // the sections that it is about, such as "RFC 6455, 5.4"
	Expect  string // what has to be seen
	Side    Side   // the endpoints that it is for
	Slow    bool   // it waits for a deadline of the endpoint's own
	Beyond  string // why an endpoint that does not pass it keeps the RFC all the same, or "": then it does not
	Deflate bool   // it is about permessage-deflate (RFC 7692), and needs an agreement on it
	Play    func(p *Play)

	handshake bool // the suite's part of the opening handshake is the case's own
	refusing  bool // and a client must not take it
}

// A Side is a kind of endpoint.
type Side uint8

// The endpoints that a case is for.
const (
	ForBoth Side = iota
	ForServers
	ForClients
)

// Options choose among the cases, and say what the endpoint is known to do. The zero value is for an
// endpoint of which nothing is known.
type Options struct {
	// Size is the length of the longest message of section 9, 0 for 256 KiB; Autobahn's is 16 MiB. The others are in proportion.
	Size int

	// Limit is how many bytes a message may have for the endpoint. If it is not 0, there are cases about it.
	Limit int64

	// AnyOrigin says that the server takes pages of every site, on purpose. Otherwise it has to
	// refuse those of others.
	AnyOrigin bool

	// Compression says that the endpoint is expected to agree to permessage-deflate. A server that declines a valid offer, and a client
	// that makes none, then fail; otherwise the cases about compression are reported as what they are, neither passed nor failed.
	Compression bool

	// Slow adds the cases that wait for deadlines of the endpoint's own, which take minutes unless time is virtual.
	Slow bool
}

// Cases returns the cases, of all sections and for both sides, in the order of their numbers.
func Cases(options ...Options) []Case {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	var all []Case
	for _, section := range []func(Options) []Case{
		framing, pings, reservedBits, opcodes, fragmentation, text, closing, limits, autoFragmentation, compression, parameters, opening, hostile, hostileDeflate,
	} {
		all = append(all, section(o)...)
	}
	slices.SortStableFunc(all, func(a, b Case) int { return compareNumbers(a.ID, b.ID) })
	markBeyond(all)
	return slices.DeleteFunc(all, func(c Case) bool { return c.Slow && !o.Slow })
}

// sections are the names of the sections.
var sections = map[string]string{
	"1":  "Framing",
	"2":  "Pings and pongs",
	"3":  "Reserved bits",
	"4":  "Opcodes",
	"5":  "Fragmentation",
	"6":  "UTF-8",
	"7":  "Closing",
	"9":  "Limits and performance",
	"10": "Auto-fragmentation",
	"12": "Compression: messages",
	"13": "Compression: parameters",
	"20": "Opening handshake",
	"21": "Hostile inputs",
}

// Matches reports whether the case is among those that a pattern names: a number, or the beginning of one, as "6" or "6.4".
func (c Case) Matches(pattern string) bool {
	return c.ID == pattern || strings.HasPrefix(c.ID, pattern+".")
}

// of returns the cases that are for a side.
func (s Side) of(cases []Case) []Case {
	return slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return c.Side != ForBoth && c.Side != s })
}

// A step is a part of a case: it sends, or it expects and then says what.
type step struct {
	says string
	do   func(p *Play)
}

// script makes a case of steps, which come after the opening handshake.
func script(id, title, rfc string, steps ...step) Case {
	number, _, _ := strings.Cut(id, ".")
	var expect []string
	for _, s := range steps {
		if s.says != "" {
			expect = append(expect, s.says)
		}
	}
	return Case{
		ID: id, Section: sections[number], Title: title, RFC: "RFC 6455, " + rfc, Expect: strings.Join(expect, "; "),
		Play: func(p *Play) {
			for _, s := range steps {
				s.do(p)
			}
		},
	}
}

// works is a case after which the endpoint has to be as good as before: it ends with a closing handshake.
func works(id, title, rfc string, steps ...step) Case {
	return script(id, title, rfc, append(slices.Clip(steps), goodbye())...)
}

// fails is a case that the endpoint has to end, with one of these codes.
func fails(id, title, rfc string, code code, steps ...step) Case {
	return script(id, title, rfc, append(slices.Clip(steps), failure(code))...)
}

// only restricts a case to a side.
func (c Case) only(side Side) Case {
	c.Side = side
	return c
}

// slow marks a case that waits for the endpoint's deadlines.
func (c Case) slow() Case {
	c.Slow = true
	return c
}
