package protocol

import (
	"fmt"
	"strings"
)

// parseProtocols decodes the values of a request's Sec-WebSocket-Protocol,
// several of which count as one list. It takes time in proportion to their
// length.
//
// RFC 6455, 4.1: "The elements that comprise this value MUST be non-empty strings
// with characters in the range U+0021 to U+007E not including separator
// characters as defined in [RFC2616] and MUST all be unique strings."
func parseProtocols(values []string) ([]string, error) {
	var list []string
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			element = trimSpace(element)
			if !isToken(element) {
				return nil, badRequest("Sec-WebSocket-Protocol has an element that is empty or not a token")
			}
			list = append(list, element)
		}
	}
	if name, twice := duplicate(list); twice {
		return nil, badRequest("Sec-WebSocket-Protocol offers ", name, " twice")
	}
	return list, nil
}

// checkProtocols judges subprotocols that we are to offer, by the same rule.
func checkProtocols(list []string) error {
	for _, name := range list {
		if !isToken(name) {
			return fmt.Errorf("%w: subprotocol %q", ErrInvalidHeader, name)
		}
	}
	if name, twice := duplicate(list); twice {
		return fmt.Errorf("%w: subprotocol %s twice", ErrInvalidHeader, name)
	}
	return nil
}

// duplicate returns the first element that repeats an earlier one.
func duplicate(list []string) (name string, found bool) {
	if len(list) < 2 {
		return "", false
	}
	seen := make(map[string]struct{}, len(list))
	for _, name := range list {
		if _, ok := seen[name]; ok {
			return name, true
		}
		seen[name] = struct{}{}
	}
	return "", false
}
