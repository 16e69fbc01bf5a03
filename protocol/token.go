package protocol

import "strings"

// isTokenByte reports whether c may stand in a token.
//
// RFC 7230, 3.2.6: "token = 1*tchar", "tchar = "!" / "#" / "$" / "%" / "&" / "'"
// / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA".
func isTokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// isFieldValue reports whether s may be the value of a header field: no control
// characters but the tab, so neither CR nor LF nor NUL.
//
// RFC 7230, 3.2: "field-vchar = VCHAR / obs-text", with SP and HTAB between.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// trimSpace drops the optional whitespace of RFC 7230, 3.2.3, at both ends.
func trimSpace(s string) string { return strings.Trim(s, " \t") }

// equalFold compares without regard to the case of ASCII letters, and of those
// only: to [strings.EqualFold] the Kelvin sign is a K.
func equalFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
