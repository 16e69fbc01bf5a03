package message

import "strconv"

// A Kind says whether a message is text or binary. The zero Kind is KindText.
type Kind uint8

// The kinds of messages that RFC 6455, 5.6, knows.
const (
	KindText Kind = iota
	KindBinary
)

// String returns "text" or "binary".
func (k Kind) String() string {
	switch k {
	case KindText:
		return "text"
	case KindBinary:
		return "binary"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}
