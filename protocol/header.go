package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Header maps the names of header fields to their values. It has the shape and
// the canonical names of net/http's, so that one converts into the other for
// nothing. The zero Header can be read.
type Header map[string][]string

// Get returns the first value of the named field, "" if there is none.
func (h Header) Get(name string) string {
	if values := h.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Values returns all values of the named field. The slice is not a copy.
func (h Header) Values(name string) []string { return h[canonicalName(name)] }

// Add appends a value to the named field.
func (h Header) Add(name, value string) {
	name = canonicalName(name)
	h[name] = append(h[name], value)
}

// Set makes value the only one of the named field.
func (h Header) Set(name, value string) { h[canonicalName(name)] = []string{value} }

// Has reports whether token is an element of the named field, whose values are
// lists separated by commas. Case does not matter.
func (h Header) Has(name, token string) bool {
	for _, value := range h.Values(name) {
		for element := range strings.SplitSeq(value, ",") {
			if equalFold(trimSpace(element), token) {
				return true
			}
		}
	}
	return false
}

// canonicalName returns name with a capital at its start and after each hyphen
// and small letters elsewhere, as in "Sec-Websocket-Key". What is not a token is
// returned as it is.
func canonicalName(name string) string {
	canonical, upper := true, true
	for i := range len(name) {
		c := name[i]
		if !isTokenByte(c) {
			return name
		}
		if canonicalByte(c, upper) != c {
			canonical = false
		}
		upper = c == '-'
	}
	if canonical {
		return name
	}
	b, upper := []byte(name), true
	for i, c := range b {
		b[i] = canonicalByte(c, upper)
		upper = c == '-'
	}
	return string(b)
}

func canonicalByte(c byte, upper bool) byte {
	if upper && c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	if !upper {
		return lower(c)
	}
	return c
}

// checkExtra judges fields that a caller adds to the handshake.
func checkExtra(extra Header) error {
	for name, values := range extra {
		if !isToken(name) {
			return fmt.Errorf("%w: name %q", ErrInvalidHeader, name)
		}
		if isReservedName(name) {
			return fmt.Errorf("%w: %s is not the caller's to set", ErrInvalidHeader, canonicalName(name))
		}
		for _, value := range values {
			if !isFieldValue(value) {
				return fmt.Errorf("%w: value of %s", ErrInvalidHeader, name) // which may be a secret
			}
		}
	}
	return nil
}

// isReservedName reports whether the field decides the handshake itself, or
// where the head or the frames behind it end.
func isReservedName(name string) bool {
	switch name = canonicalName(name); name {
	case "Connection", "Content-Length", "Host", "Transfer-Encoding", "Upgrade":
		return true
	}
	return strings.HasPrefix(name, "Sec-Websocket-")
}

// appendFields appends the fields of h in the order of their names.
func appendFields(dst []byte, h Header) []byte {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			dst = appendField(dst, name, value)
		}
	}
	return dst
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
