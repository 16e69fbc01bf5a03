package protocol

import (
	"fmt"
	"strconv"
	"strings"
)

// An Extension is an element of Sec-WebSocket-Extensions: a name with
// parameters, in their order. Name and parameters are judged by grammar only.
type Extension struct {
	Name   string
	Params []Param
}

// String returns the extension as it stands in the header, such as
// "permessage-deflate; server_max_window_bits=10". It is for reports; where a name or
// value is no token, which [AppendExtensions] refuses, it stands there quoted.
func (e Extension) String() string {
	b := appendQuoted(nil, e.Name)
	for _, p := range e.Params {
		b = appendQuoted(append(b, "; "...), p.Name)
		if p.HasValue {
			b = appendQuoted(append(b, '='), p.Value)
		}
	}
	return string(b)
}

// appendQuoted appends a token as it is, and anything else quoted.
func appendQuoted(dst []byte, s string) []byte {
	if isToken(s) {
		return append(dst, s...)
	}
	return strconv.AppendQuote(dst, s)
}

// A Param is a parameter of an [Extension]: "name" or "name=value".
type Param struct {
	Name     string
	Value    string // a token, even if it was sent as a quoted string
	HasValue bool
}

// ParseExtensions decodes the values of Sec-WebSocket-Extensions, several of
// which count as one list (RFC 6455, 9.1). No value at all gives no extension.
// What is malformed is a [*HandshakeError] with status 400. It takes time in
// proportion to the length of the values.
//
// RFC 6455, 9.1: "extension-list = 1#extension", "extension = extension-token
// *( ";" extension-param )", "extension-param = token [ "=" (token |
// quoted-string) ]". RFC 7230, 7: "a recipient MUST parse and ignore a reasonable
// number of empty list elements".
func ParseExtensions(values []string) ([]Extension, error) {
	var list []Extension
	for _, value := range values {
		s := scanner{rest: value}
		for {
			s.space()
			if s.rest != "" && s.rest[0] != ',' {
				e, ok := s.extension()
				if !ok {
					return nil, badRequest("Sec-WebSocket-Extensions is malformed")
				}
				list = append(list, e)
			}
			if s.rest == "" {
				break
			}
			if !s.skip(',') {
				return nil, badRequest("Sec-WebSocket-Extensions is malformed")
			}
		}
	}
	if len(values) > 0 && len(list) == 0 {
		return nil, badRequest("Sec-WebSocket-Extensions is empty")
	}
	return list, nil
}

// AppendExtensions appends the value of a Sec-WebSocket-Extensions field. The
// error is [ErrInvalidHeader] where a name or value is not a token.
func AppendExtensions(dst []byte, list []Extension) ([]byte, error) {
	if err := checkExtensions(list); err != nil {
		return dst, err
	}
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, e.Name...)
		for _, p := range e.Params {
			dst = append(append(dst, "; "...), p.Name...)
			if p.HasValue {
				dst = append(append(dst, '='), p.Value...)
			}
		}
	}
	return dst, nil
}

func checkExtensions(list []Extension) error {
	for _, e := range list {
		if !isToken(e.Name) {
			return fmt.Errorf("%w: extension %q", ErrInvalidHeader, e.Name)
		}
		for _, p := range e.Params {
			if !isToken(p.Name) || p.HasValue && !isToken(p.Value) {
				return fmt.Errorf("%w: parameter %q of extension %s", ErrInvalidHeader, p.Name, e.Name)
			}
		}
	}
	return nil
}

// A scanner reads the elements of a header value from left to right.
type scanner struct{ rest string }

// extension reads an extension with its parameters and the space behind it.
func (s *scanner) extension() (Extension, bool) {
	name, ok := s.token()
	e := Extension{Name: name}
	for ok && s.skip(';') {
		var p Param
		if p.Name, ok = s.token(); ok && s.skip('=') {
			p.HasValue = true
			p.Value, ok = s.value()
		}
		e.Params = append(e.Params, p)
	}
	return e, ok
}

// value reads a token or a quoted string.
func (s *scanner) value() (string, bool) {
	s.space()
	if !strings.HasPrefix(s.rest, `"`) {
		return s.token()
	}
	var unquoted strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '"':
			s.rest = s.rest[i+1:]
			s.space()
			// RFC 6455, 9.1: "When using the quoted-string syntax variant, the
			// value after quoted-string unescaping MUST conform to the 'token'
			// ABNF."
			return unquoted.String(), isToken(unquoted.String())
		case '\\':
			if i++; i == len(s.rest) {
				return "", false
			}
		}
		unquoted.WriteByte(s.rest[i])
	}
	return "", false
}

// token reads a token and the space around it.
func (s *scanner) token() (string, bool) {
	s.space()
	n := 0
	for n < len(s.rest) && isTokenByte(s.rest[n]) {
		n++
	}
	token := s.rest[:n]
	s.rest = s.rest[n:]
	s.space()
	return token, n > 0
}

// skip reads c, if it is next.
func (s *scanner) skip(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }
