package conformance_test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/wsflow/wsflow/protocol"
)

// What can be wrong with the negotiation of an endpoint.
const (
	answersMoreBits   fault = "answers with a larger window than was asked for"
	answersNoBits     fault = "does not answer that its window is limited"
	answersNoReset    fault = "does not answer that its window is new with each message"
	answersClientBits fault = "limits the client's window, offered or not"
	answersUnasked    fault = "answers with an extension, offered or not"
	ignoresInvalid    fault = "ignores invalid parameters"
	firstOffer        fault = "looks at the first offer only"
	firstField        fault = "looks at the first field only"
	noQuotes          fault = "does not know quoted strings"
	refusesInvalid    fault = "answers an invalid offer with 400"
	declinesAll       fault = "declines every offer"
	offersInvalid     fault = "offers what is invalid"
	takesLess         fault = "takes an answer that lacks what was asked for"
)

// accept answers the offers of a client. Without an answer there is no compression; a status refuses the request.
func (s faulty) accept(values []string) (answer string, c *codec, status int) {
	if s.fault == answersUnasked {
		return "x-unasked", nil, 0
	}
	if s.deflate == nil || s.fault == declinesAll {
		return "", nil, 0
	}
	if s.fault == firstField {
		values = values[:min(1, len(values))]
	}
	if s.fault == noQuotes && strings.Contains(strings.Join(values, ""), `"`) {
		return "", nil, 0
	}
	offers, _ := protocol.ParseExtensions(values) // checked with the request
	offers = slices.DeleteFunc(offers, func(e protocol.Extension) bool { return e.Name != "permessage-deflate" })
	for i, offer := range offers {
		_, _, ok := s.deflate.Accept([]protocol.Extension{offer})
		switch {
		case !ok && s.fault == refusesInvalid:
			return "", nil, http.StatusBadRequest
		case !ok && s.fault == ignoresInvalid:
			offers[i].Params = nil
		}
	}
	if s.fault == firstOffer {
		offers = offers[:min(1, len(offers))]
	}
	e, params, ok := s.deflate.Accept(offers)
	if !ok {
		return "", nil, 0
	}
	b, _ := protocol.AppendExtensions(nil, []protocol.Extension{{Name: e.Name, Params: s.spoil(e.Params)}}) // made of tokens
	return string(b), newCodec(s.fault, params.Server, params.Client), 0
}

// spoil makes a faulty answer of a right one.
func (s faulty) spoil(params []protocol.Param) []protocol.Param {
	without := func(name string) []protocol.Param {
		return slices.DeleteFunc(params, func(p protocol.Param) bool { return p.Name == name })
	}
	switch s.fault {
	case answersMoreBits:
		for i, p := range params {
			if p.Name == "server_max_window_bits" {
				params[i].Value = "15"
			}
		}
	case answersNoBits:
		return without("server_max_window_bits")
	case answersNoReset:
		return without("server_no_context_takeover")
	case answersClientBits:
		if !slices.ContainsFunc(params, func(p protocol.Param) bool { return p.Name == "client_max_window_bits" }) {
			return append(params, protocol.Param{Name: "client_max_window_bits", Value: "15", HasValue: true})
		}
	}
	return params
}

// offer is what a client asks for.
func (s faulty) offer() []string {
	if s.fault == offersInvalid {
		return []string{"permessage-deflate; client_max_window_bits=16"}
	}
	b, _ := protocol.AppendExtensions(nil, []protocol.Extension{s.deflate.Offer()}) // made of tokens
	return []string{string(b)}
}

// confirm takes what a server has answered.
func (s faulty) confirm(values []string) (c *codec, ok bool) {
	answer, err := protocol.ParseExtensions(values)
	switch {
	case err != nil || len(answer) > 1 || len(answer) == 1 && s.deflate == nil:
		return nil, false
	case len(answer) == 0:
		return nil, true
	}
	settings := *s.deflate
	if s.fault == takesLess {
		settings.Server.Takeover, settings.Server.Bits, settings.Client.Bits = true, 0, 0
	}
	params, err := settings.Confirm(answer[0])
	if err != nil {
		return nil, false
	}
	return newCodec(s.fault, params.Client, params.Server), true
}
