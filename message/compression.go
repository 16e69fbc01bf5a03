package message

// A Compression says for one message whether it is to be compressed, where the connection that sends it
// has agreed on that with its peer.
type Compression uint8

const (
	// CompressDefault leaves it to the connection, which compresses messages from a size on, and streamed ones.
	CompressDefault Compression = iota

	// CompressAlways compresses the message, however short it is.
	CompressAlways

	// CompressNever sends the message as it is: one that is compressed already, such as an image, or one that has
	// a secret beside what somebody else may have chosen, who could tell the secret by the length of the
	// message (RFC 7692, 8, and the attacks known as CRIME and BREACH).
	CompressNever
)

// WithCompression returns the message with a choice of its own. It concerns permessage-deflate, and other extensions
// that own its RSV bit.
func (m Message) WithCompression(c Compression) Message {
	m.compression = c
	return m
}

// Compression returns what [Message.WithCompression] has chosen. Messages that arrive have CompressDefault, whether
// they came compressed or not.
func (m Message) Compression() Compression { return m.compression }
