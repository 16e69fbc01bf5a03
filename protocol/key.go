package protocol

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
)

// acceptGUID proves that a server speaks WebSocket (RFC 6455, 1.3).
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// NewKey returns a fresh Sec-WebSocket-Key.
//
// RFC 6455, 4.1: "The value of this header field MUST be a nonce consisting of a
// randomly selected 16-byte value that has been base64-encoded".
func NewKey() string {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// AcceptKey returns the Sec-WebSocket-Accept that answers key. It does not judge
// key.
//
// RFC 6455, 4.2.2: "The value of this header field is constructed by
// concatenating /key/ ... with the string
// "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", taking the SHA-1 hash of this
// concatenated value to obtain a 20-byte value and base64-encoding".
func AcceptKey(key string) string {
	sum := sha1.Sum([]byte(key + acceptGUID))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// isKey reports whether key is 16 bytes in base64. The unused bits of its last
// letter may be anything: the RFC's own example has some set.
func isKey(key string) bool {
	if len(key) != 24 {
		return false
	}
	var nonce [18]byte
	n, err := base64.StdEncoding.Decode(nonce[:], []byte(key))
	return err == nil && n == 16
}
