package protocol

import "unicode/utf8"

// A UTF8 checks text that arrives in pieces, which may end inside a character.
// The zero UTF8 is ready. It allocates nothing and keeps four bytes of state.
//
// RFC 6455, 8.1: "When an endpoint is to interpret a byte stream as UTF-8 but
// finds that the byte stream is not, in fact, a valid UTF-8 stream, that
// endpoint MUST _Fail the WebSocket Connection_."
type UTF8 struct {
	missing uint8 // bytes that the open character still lacks
	seen    uint8 // bytes of the open character that have been seen
	lead    uint8 // the open character's first byte, while it limits the second
	invalid bool
}

// Write takes the next piece of the text. It returns false as soon as no
// continuation can make the text valid, even if the last character is not yet
// complete; from then on it always does.
func (u *UTF8) Write(p []byte) bool {
	if u.invalid {
		return false
	}
	for u.missing > 0 && len(p) > 0 {
		if !u.next(p[0]) {
			u.invalid = true
			return false
		}
		p = p[1:]
	}
	if len(p) == 0 {
		return true
	}
	whole := len(p) - partialRune(p)
	if !utf8.Valid(p[:whole]) || !u.open(p[whole:]) {
		u.invalid = true
		return false
	}
	return true
}

// Complete reports whether the text so far is valid and does not end inside a
// character.
func (u *UTF8) Complete() bool { return u.missing == 0 && !u.invalid }

// PartialRune returns the number of bytes, 0 to 3, at the end of the text so far
// that belong to a character which is not yet complete.
func (u *UTF8) PartialRune() int { return int(u.seen) }

// Reset makes u ready for another text.
func (u *UTF8) Reset() { *u = UTF8{} }

// open takes the first bytes of a character, fewer than it needs, or none.
func (u *UTF8) open(tail []byte) bool {
	if len(tail) == 0 {
		return true
	}
	c := tail[0]
	// C0 and C1 would begin overlong forms, F5 and above exceed U+10FFFF.
	if c < 0xC2 || c > 0xF4 {
		return false
	}
	u.lead, u.seen, u.missing = c, 1, uint8(runeLen(c)-1)
	for _, c := range tail[1:] {
		if !u.next(c) {
			return false
		}
	}
	return true
}

// next takes a byte of the open character after its first.
func (u *UTF8) next(c byte) bool {
	lo, hi := byte(0x80), byte(0xBF)
	switch u.lead {
	case 0xE0:
		lo = 0xA0 // below: overlong
	case 0xED:
		hi = 0x9F // above: a surrogate half
	case 0xF0:
		lo = 0x90 // below: overlong
	case 0xF4:
		hi = 0x8F // above: beyond U+10FFFF
	}
	u.lead = 0
	if c < lo || c > hi {
		return false
	}
	u.missing--
	u.seen++
	if u.missing == 0 {
		u.seen = 0
	}
	return true
}

// partialRune returns how many bytes at the end of p begin a character that
// needs more bytes than are there. It looks at the last three bytes only and
// judges nothing but the first byte's announcement.
func partialRune(p []byte) int {
	for i := 1; i <= 3 && i <= len(p); i++ {
		c := p[len(p)-i]
		if utf8.RuneStart(c) {
			if runeLen(c) > i {
				return i
			}
			return 0
		}
	}
	return 0
}

// runeLen returns the length that the first byte of a character announces.
func runeLen(c byte) int {
	switch {
	case c < 0xC0:
		return 1
	case c < 0xE0:
		return 2
	case c < 0xF0:
		return 3
	}
	return 4
}
