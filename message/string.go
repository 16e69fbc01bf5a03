package message

import (
	"fmt"
	"unicode/utf8"
)

// shown is how many bytes of a message String shows at most.
const shown = 32

// String describes the message for logs: its kind, its length and its first bytes, never the whole of a long one.
//
//	text of 5 bytes: "Hello"
//	binary of 300 bytes: "\x00\x01\x02\x03"…
//	streamed text
func (m Message) String() string {
	if !m.IsStrict() {
		return "streamed " + m.kind.String()
	}
	start, more := m.content, ""
	if len(start) > shown {
		start, more = cutAt(start, shown), "…"
	}
	unit := "bytes"
	if len(m.content) == 1 {
		unit = "byte"
	}
	return fmt.Sprintf("%s of %d %s: %q%s", m.kind, len(m.content), unit, start, more)
}

// cutAt returns at most the first n bytes of s, and no part of a code point that goes on behind them.
func cutAt(s string, n int) string {
	for i := n; i > n-utf8.UTFMax && i > 0; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i]
		}
	}
	return s[:n]
}
